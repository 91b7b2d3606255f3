import { type UsageProof } from '../invoices/events.ts';
import { type EventReference } from '../kernel/recorded.ts';
import { type RepeatsAt } from './prove.ts';

export type Elsewhere = NonNullable<UsageProof['elsewhere']>;

/** An event of the streams that an invoice covers. */
export type CoveredPlace = EventReference & { readonly position: bigint; readonly isOwn: boolean };

/** Asked at once. */
const eventsAtOnce = 500;

/**
 * Lines of the customer's events whose transactionId was recorded first in a stream that is not
 * among these, by what is known of the whole log.
 */
export async function elsewhereOf(
  covered: readonly CoveredPlace[],
  repeatsAt: RepeatsAt,
): Promise<Elsewhere> {
  const positions = new Set(covered.map(({ position }) => position));
  const own = covered.filter(({ isOwn }) => isOwn);
  const places = new Map(own.map((place) => [place.position, place]));
  const listed = new Map<bigint, EventReference & { readonly lines: number[] }>();
  for (let from = 0; from < own.length; from += eventsAtOnce) {
    const some = own.slice(from, from + eventsAtOnce).map(({ position }) => position);
    for (const { position, line, firstPosition } of await repeatsAt(some)) {
      const place = places.get(position);
      if (place === undefined || positions.has(firstPosition)) continue;
      const { stream, revision } = place;
      const known = listed.get(position) ?? { stream, revision, lines: [] };
      listed.set(position, known);
      known.lines.push(line);
    }
  }
  return [...listed.values()];
}

/** Where an invoice does not list what was found in the log, in words. */
export function elsewhereDifferences(stored: Elsewhere, found: Elsewhere): readonly string[] {
  const named = (list: Elsewhere) =>
    new Map(list.map(({ stream, revision, lines }) => [`${stream}@${String(revision)}`, lines]));
  const [before, after] = [named(stored), named(found)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [listed = [], recorded = []] = [before.get(name), after.get(name)];
    if (listed.join() === recorded.join()) return [];
    return [
      `UsageRecorded ${name}: stored as recorded before elsewhere are the lines ` +
        `[${listed.join(', ')}], in the log it is [${recorded.join(', ')}]`,
    ];
  });
}
