import { refuse, type Refused } from '../kernel/decider.ts';
import { aliasFault, distinct } from '../kernel/names.ts';

/** Most ingest aliases of one customer. */
export const mostAliases = 2000;

/**
 * Why no customer can have these aliases; undefined when one can. An id is no alias, not even its
 * own.
 */
export function ingestAliasFault(
  customerId: string,
  aliases: readonly string[],
): Refused<'alias_empty' | 'alias_too_long' | 'alias_taken' | 'too_many_aliases'> | undefined {
  const fault = aliasFault(aliases, 'ingestAliases');
  if (fault !== undefined) return fault;
  const ownId = aliases.indexOf(customerId);
  if (ownId >= 0) return refuse('alias_taken', ['ingestAliases', ownId], customerId);
  const count = distinct(aliases).length;
  return count > mostAliases
    ? refuse('too_many_aliases', ['ingestAliases'], String(count))
    : undefined;
}

/** Whether both hold the same aliases, in any order; neither has repeats. */
export function areSameAliases(a: readonly string[], b: readonly string[]): boolean {
  const held = new Set(a);
  return a.length === b.length && b.every((alias) => held.has(alias));
}
