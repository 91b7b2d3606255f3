/** Stripe's answer to what it cannot do. */
export class StripeFault extends Error {
  readonly status: number;
  readonly body: object;
  constructor(message: string, more: { status?: number; type?: string; code?: string } = {}) {
    super(message);
    const { status = 400, type = 'invalid_request_error', code } = more;
    this.status = status;
    this.body = { error: { type, message, ...(code === undefined ? {} : { code }) } };
  }
}

/** A form's fields by their flat names: `metadata[paygo_invoice_id]`. */
export type Form = ReadonlyMap<string, string>;

/** Refuses fields that the call does not know; `metadata` stands for all of its entries. */
export function checkFields(form: Form, known: readonly string[]): void {
  for (const name of form.keys()) {
    const isKnown = known.some(
      (field) => field === name || (field === 'metadata' && /^metadata\[[^\]]+\]$/.test(name)),
    );
    if (!isKnown) {
      throw new StripeFault(`Received unknown parameter: ${name}`, { code: 'parameter_unknown' });
    }
  }
}

export function textOf(form: Form, name: string): string | null {
  const value = form.get(name);
  return value === undefined || value === '' ? null : value;
}

export function requiredOf(form: Form, name: string): string {
  const value = textOf(form, name);
  if (value !== null) return value;
  throw new StripeFault(`Missing required param: ${name}.`, { code: 'parameter_missing' });
}

export function wholeOf(form: Form, name: string): number | null {
  const value = textOf(form, name);
  if (value === null) return null;
  if (/^-?\d{1,12}$/.test(value)) return Number(value);
  throw new StripeFault(`Invalid integer: ${value}`, { code: 'parameter_invalid_integer' });
}

export function flagOf(form: Form, name: string): boolean | null {
  const value = textOf(form, name);
  if (value === null) return null;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new StripeFault(`Invalid boolean: ${value}`);
}

export function choiceOf<Choice extends string>(
  form: Form,
  name: string,
  choices: readonly Choice[],
): Choice | null {
  const value = textOf(form, name);
  if (value === null) return null;
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new StripeFault(`Invalid ${name}: must be one of ${choices.join(', ')}`);
}

export function metadataOf(form: Form): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of form) {
    const key = /^metadata\[([^\]]+)\]$/.exec(name)?.[1];
    if (key === undefined) continue;
    if (key.length > 40 || value.length > 500) throw new StripeFault(`Metadata too long: ${key}`);
    metadata[key] = value;
  }
  if (Object.keys(metadata).length > 50) throw new StripeFault('Too many metadata keys');
  return metadata;
}

/** Newest first, a page of them. */
export function listOf<Item extends { readonly id: string; readonly created: number }>(
  all: Iterable<Item>,
  form: Form,
): object {
  const gte = wholeOf(form, 'created[gte]') ?? 0;
  const limit = wholeOf(form, 'limit') ?? 10;
  if (limit < 1 || limit > 100) throw new StripeFault('limit is from 1 to 100');
  const found = [...all].filter(({ created }) => created >= gte).reverse();
  const after = textOf(form, 'starting_after');
  const start = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw missing('object', after);
  const data = found.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < found.length, url: '/' };
}

export const pageFields = ['limit', 'starting_after', 'created[gte]'];

export const missing = (what: string, id: string): StripeFault =>
  new StripeFault(`No such ${what}: '${id}'`, { status: 404, code: 'resource_missing' });
