import { wellFormed } from '../kernel/names.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type CustomerEvent } from '../customers/events.ts';

/** Who holds a key from a position on; null: nobody. */
export type Holding = { readonly from: bigint; readonly owner: string | null };

/** A stretch of the log, from the first position on and before the second; null: to its end. */
export type Stretch = { readonly from: bigint; readonly before: bigint | null };

/**
 * Usage under a key that a customer owns: what was recorded in that stretch; claimedAt: when it
 * became its own, where nobody held the key before (billing rule 12).
 */
export type Owned = Stretch & { readonly claimedAt: bigint | null };

/** Who has held each of the keys, by what the customers' events say in log order. */
export function holdingsOf(
  keys: Iterable<string>,
  events: readonly Recorded<CustomerEvent>[],
): ReadonlyMap<string, readonly Holding[]> {
  const holdings = new Map([...keys].map((key): [string, Holding[]] => [key, []]));
  for (const { position, event } of inLogOrder(events)) {
    if (event.type !== 'CustomerCreated' && event.type !== 'IngestAliasesSet') continue;
    const { customerId: owner } = event;
    const held = new Set([owner, ...event.ingestAliases.map(wellFormed)]);
    for (const [key, history] of holdings) {
      const holds = history.at(-1)?.owner === owner;
      if (held.has(key) && !holds) history.push({ from: position, owner });
      if (!held.has(key) && holds) history.push({ from: position, owner: null });
    }
  }
  return holdings;
}

/** All keys that the customer has ever held, its id first. */
export function keysEverHeld(
  customerId: string,
  events: readonly Recorded<CustomerEvent>[],
): readonly string[] {
  const keys = new Set([customerId]);
  for (const { event } of events) {
    if (event.type !== 'CustomerCreated' && event.type !== 'IngestAliasesSet') continue;
    for (const alias of event.ingestAliases) keys.add(wellFormed(alias));
  }
  return [...keys];
}

/** What of a key's usage is the customer's, in log order. */
export function ownedStretches(holdings: readonly Holding[], customerId: string): Owned[] {
  const owned: Owned[] = [];
  let unheldFrom: bigint | null = 0n;
  for (const [index, { from, owner }] of holdings.entries()) {
    if (owner === null) {
      unheldFrom ??= from;
      continue;
    }
    if (owner === customerId) {
      if (unheldFrom !== null) owned.push({ from: unheldFrom, before: from, claimedAt: from });
      owned.push({ from, before: holdings[index + 1]?.from ?? null, claimedAt: null });
    }
    unheldFrom = null;
  }
  return owned;
}

/** The stretch that an event stands in; undefined: it is not the customer's. */
export const stretchOf = (owned: readonly Owned[], position: bigint): Owned | undefined =>
  owned.find(({ from, before }) => from <= position && (before === null || position < before));

const inLogOrder = <Event extends CustomerEvent>(events: readonly Recorded<Event>[]) =>
  [...events].sort((a, b) => (a.position < b.position ? -1 : 1));
