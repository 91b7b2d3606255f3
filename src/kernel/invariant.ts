/** A law that the code itself must keep was broken: a bug, never the caller's fault. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/**
 * Throws BrokenInvariant unless the condition holds. Nobody catches it; the caller sees an internal
 * error.
 */
export function invariant(condition: unknown, law: string): asserts condition {
  if (condition !== true) throw new BrokenInvariant(law);
}

/** The value, which by the law named cannot be missing here. */
export function present<T>(value: T | null | undefined, law: string): T {
  if (value === null || value === undefined) throw new BrokenInvariant(law);
  return value;
}
