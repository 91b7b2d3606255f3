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
    types === null || types.includes(usageType) ? await usageOf(models, log, asked) : [];
  const events = [...usage, ...(await Promise.all(others.map((one) => eventAt(log, one))))]
    .sort((a, b) => (a.position < b.position ? -1 : 1))
    .slice(0, asked.limit);
  return pageOf(events, page, 0, (node) => ({
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

/** The events of the customer's usage. */
async function usageOf(models: ReadModels, log: Log, asked: Asked): Promise<readonly Recorded[]> {
  const { customerId, after, through, limit } = asked;
  await models.waitForUsage(through, answerWithinMs);
  const owned = await ownedKeys(models.usage.reader, customerId);
  const places = await streamsOfKeys(models.usage.reader, [...owned.keys()], after);
  const streams = await goingOn(log, places, after);
  const events: Recorded[] = [];
  const keyOf = new Map(streams.map(({ stream, key }) => [stream, key]));
  const isOwn = ({ stream, position }: Recorded): boolean =>
    stretchOf(ownedUnder(owned, keyOf.get(stream)), position) !== undefined;
  const firstPage = Math.min(limit, smallPage);
  for await (const some of mergedUsage(log, streams, { after, through, firstPage })) {
    events.push(...some.filter(isOwn));
    if (events.length >= limit) break;
  }
  return events;
}

const smallPage = 32;

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
