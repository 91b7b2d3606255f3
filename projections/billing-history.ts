import { z } from 'zod';
import { type EventLog } from '../src/application/ports.ts';
import { stretchOf, type Owned } from '../src/audit/keys.ts';
import { mergedUsage } from '../src/audit/merged-usage.ts';
import { present } from '../src/kernel/invariant.ts';
import { type EventReference, type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { historyOf } from './history.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { answerWithinMs, type ReadModels } from './read-models.ts';
import { checkpoint } from './store.ts';
import { streamsOfKeys, type StreamPlace } from './usage-marks.ts';
import { ownedKeys } from './usage-owned.ts';

export type BillingHistoryRequest = PageRequest & {
  readonly customerId: string;
  /** Types of events; null: all. */
  readonly types: readonly string[] | null;
};

type Log = Pick<EventLog, 'readStream'>;

const noUsage = { events: [], through: 2n ** 63n };

const usageType: UsageRecorded['type'] = 'UsageRecorded';

/** Everything that was recorded about a customer, oldest first. */
export async function billingHistory(
  models: ReadModels,
  log: Log,
  { customerId, types, ...page }: BillingHistoryRequest,
): Promise<Page<Recorded>> {
  const connection = `history of ${customerId}`;
  const [cursor = '0'] =
    decodeCursor(connection, z.tuple([z.string().regex(/^\d{1,18}$/)]), page.after) ?? [];
  const through = await checkpoint(models.main.reader);
  const asked = { customerId, types, after: BigInt(cursor), through, limit: page.first + 1 };
  const others = await historyOf(models.main.reader, asked);
  const usage =
    types === null || types.includes(usageType) ? await usageOf(models, log, asked) : noUsage;
  const told = others.filter(({ position }) => position <= usage.through);
  const events = [...usage.events, ...(await Promise.all(told.map((one) => eventAt(log, one))))]
    .sort((a, b) => (a.position < b.position ? -1 : 1))
    .slice(0, asked.limit);
  // Where usage goes on, one event more shows that there is a next page.
  const first = usage.through < through ? Math.min(page.first, events.length - 1) : page.first;
  return pageOf(events, { ...page, first }, 0, (node) => ({
    cursor: encodeCursor(connection, [String(node.position)]),
    node,
  }));
}

type Asked = {
  readonly customerId: string;
  readonly after: bigint;
  readonly through: bigint;
  readonly limit: number;
};

/** Events of usage, and the position through which these are all. */
type SomeUsage = { readonly events: readonly Recorded[]; readonly through: bigint };

/**
 * So many characters of usage, about, make a page: more than an event may have, and little enough
 * to be answered.
 */
const mostCharacters = 16_000_000;

/** The events of the customer's usage, as many as a page holds. */
async function usageOf(models: ReadModels, log: Log, asked: Asked): Promise<SomeUsage> {
  const { customerId, after, through, limit } = asked;
  await models.waitForUsage(through, answerWithinMs);
  const owned = await ownedKeys(models.usage.reader, customerId);
  const places = await streamsOfKeys(models.usage.reader, [...owned.keys()], after);
  const streams = await goingOn(log, places, after);
  const events: Recorded[] = [];
  let characters = 0;
  const keyOf = new Map(streams.map(({ stream, key }) => [stream, key]));
  const isOwn = ({ stream, position }: Recorded): boolean =>
    stretchOf(ownedUnder(owned, keyOf.get(stream)), position) !== undefined;
  for await (const some of mergedUsage(log, streams, { after, through })) {
    for (const recorded of some) {
      if (!isOwn(recorded)) continue;
      events.push(recorded);
      characters += charactersOf(recorded.event);
      if (characters > mostCharacters) return { events, through: recorded.position };
    }
    if (events.length >= limit) break;
  }
  return { events, through };
}

/** About how many there are in its JSON. */
function charactersOf({ lines }: UsageRecorded): number {
  let characters = 0;
  for (const { properties } of lines) {
    characters += 100;
    for (const name of Object.keys(properties)) {
      const value = properties[name];
      characters += name.length + (typeof value === 'string' ? value.length : 10);
    }
  }
  return characters;
}

const ownedUnder = (
  owned: ReadonlyMap<string, readonly Owned[]>,
  key: string | undefined,
): readonly Owned[] => owned.get(key ?? '') ?? [];

/** Those streams that have an event behind the position. */
async function goingOn(
  log: Log,
  places: readonly StreamPlace[],
  after: bigint,
): Promise<readonly StreamPlace[]> {
  const ends = await Promise.all(
    places.map(async ({ stream, startsAt }) => {
      if (startsAt > after) return startsAt;
      const [last] = await log.readStream(stream, { direction: 'backwards', maxCount: 1 });
      return last?.position ?? 0n;
    }),
  );
  return places.filter((_place, index) => present(ends[index], 'an end for each') > after);
}

async function eventAt(log: Log, { stream, revision }: EventReference): Promise<Recorded> {
  const [recorded] = await log.readStream(stream, { from: revision, maxCount: 1 });
  return present(recorded, 'what is folded is in the log');
}
