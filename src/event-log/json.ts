/** Throws a TypeError that names the place unless JSON gives the value back just as it is. */
export function assertJson(value: unknown, place: string): void {
  const fault = faultIn(value);
  if (fault !== undefined)
    throw new TypeError(`${place}${fault.path} is ${fault.what}, which JSON cannot hold`);
}

type Fault = { readonly path: string; readonly what: string };

/** Paths are only written once there is a fault: every usage line passes through here. */
function faultIn(value: unknown): Fault | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { path: '', what: String(value) };
    case 'object':
      if (value === null) return undefined;
      return Array.isArray(value) ? faultInArray(value) : faultInObject(value);
    case 'bigint':
    case 'undefined':
    case 'function':
    case 'symbol':
      return { path: '', what: `of type ${typeof value}` };
  }
}

function faultInArray(items: readonly unknown[]): Fault | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const fault = faultIn(items[index]);
    if (fault !== undefined) return { ...fault, path: `[${String(index)}]${fault.path}` };
  }
  return undefined;
}

function faultInObject(object: object): Fault | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    return { path: '', what: `a ${object.constructor.name}` };
  }
  for (const [key, value] of Object.entries(object)) {
    const fault = faultIn(value);
    if (fault !== undefined) return { ...fault, path: `.${key}${fault.path}` };
  }
  return undefined;
}
