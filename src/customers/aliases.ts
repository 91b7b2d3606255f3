import { refuse, type Refused } from '../kernel/decider.ts';
import { aliasFault, distinct } from '../kernel/names.ts';

/** Most ingest aliases of one customer. */
export const mostAliases = 2000;

/**
 * The aliases that are kept of those sent: each once, in order, and without the customer's own id.
 */
export const keptAliases = (customerId: string, aliases: readonly string[]): readonly string[] =>
  distinct(aliases).filter((alias) => alias !== customerId);

/** Why no customer can have these aliases; undefined when one can. */
export function ingestAliasFault(
  customerId: string,
  aliases: readonly string[],
): Refused<'alias_empty' | 'alias_too_long' | 'too_many_aliases'> | undefined {
  const fault = aliasFault(aliases, 'ingestAliases');
  if (fault !== undefined) return fault;
  const kept = keptAliases(customerId, aliases).length;
  return kept > mostAliases
    ? refuse('too_many_aliases', ['ingestAliases'], String(kept))
    : undefined;
}

/** Whether both hold the same aliases, in any order; neither has repeats. */
export function areSameAliases(a: readonly string[], b: readonly string[]): boolean {
  const held = new Set(a);
  return a.length === b.length && b.every((alias) => held.has(alias));
}
