import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageCount, usagePage, type UsageWanted } from '../../projections/explained-usage.ts';
import { type Page } from '../../projections/page.ts';
import { type RecordedLine } from '../../projections/recorded-lines.ts';
import { ownedKeys } from '../../projections/usage-owned.ts';
import { stretchOf } from '../../src/audit/keys.ts';
import { type Metric } from '../../src/catalog/events.ts';
import { addHours, covers, instant, type Interval } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type UsageLine } from '../../src/usage/events.ts';
import { runs } from '../support/places.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  usage,
  used,
  useUsageStore,
  type UsageChange,
} from '../support/usage-log.ts';
import { countedSource, inStreams } from '../support/usage-streams.ts';

const own = useUsageStore();
const start = instant('2024-10-01T00:00:00Z');
const sixteenth = instant('2024-10-16T00:00:00Z');
const october: Interval = { startingAt: start, endingBefore: instant('2024-11-01T00:00:00Z') };
const { type: _type, ...metric } = metricCreated('COUNT');
const created = [metricCreated('COUNT'), customerCreated('c1', 'a'), customerCreated('c2')];

type Log = readonly Recorded<UsageChange>[];

const wantedIn = (interval: Interval, log: Log, more: Partial<UsageWanted> = {}): UsageWanted => ({
  ...{ customerId: 'c1', metric: metric satisfies Metric, by: [], group: '', interval },
  ...{ through: log.at(-1)?.position ?? 0n, since: 0n, counts: () => true },
  ...more,
});

async function folded(
  events: readonly UsageChange[],
  batchSizes: readonly number[] = [events.length],
): Promise<Log> {
  const log = inStreams([...created, ...events]);
  await own.fold(log, batchSizes);
  return log;
}

/** One event after another, each of one line, spread evenly over October. */
const month = (events: number, key = 'c1', id = key): readonly UsageChange[] =>
  Array.from({ length: events }, (_event, at) => {
    const timestamp = addHours(start, Math.floor((at / events) * 31 * 24));
    return usage(key, used(`${id}-${String(at)}`, timestamp));
  });

const idsOf = ({ edges }: Pick<Page<RecordedLine>, 'edges'>): readonly string[] =>
  edges.map(({ node }) => node.usage.transactionId);

/** By every page of that size; a walk that does not end fails. */
async function allIds(log: Log, wanted: UsageWanted, first: number): Promise<readonly string[]> {
  const source = countedSource(own, log);
  const ids: string[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < 1000; pages += 1) {
    const page: Page<RecordedLine> = await usagePage(source, wanted, 'list', { first, after });
    expect(page.edges.length).toBeLessThanOrEqual(first);
    ids.push(...idsOf(page));
    if (!page.hasNextPage) return ids;
    after = page.endCursor ?? page.edges.at(-1)?.cursor ?? null;
  }
  throw new Error('the pages never end');
}

/** What is wanted, by a look at every event of the log. */
async function expectedIds(log: Log, wanted: UsageWanted): Promise<readonly string[]> {
  const owned = await ownedKeys(own.db, wanted.customerId, wanted.through);
  const known = new Set<string>();
  const isFirst = ({ transactionId }: UsageLine): boolean =>
    !known.has(transactionId) && known.add(transactionId).has(transactionId);
  const recordings = log.flatMap(({ event, position }) =>
    event.type === 'UsageRecorded'
      ? event.lines.filter(isFirst).map((line) => ({ ...line, key: event.key, position }))
      : [],
  );
  return recordings
    .filter(({ key, position }) => stretchOf(owned.get(key) ?? [], position) !== undefined)
    .filter(({ eventType }) => eventType === 'used')
    .filter(({ timestamp }) => covers(wanted.interval, timestamp))
    .map(({ transactionId }) => transactionId);
}

async function firstPage(log: Log, wanted: UsageWanted, first: number) {
  const source = countedSource(own, log);
  const page = await usagePage(source, wanted, 'list', { first, after: null });
  return { page, read: source.read };
}

type Arrived = {
  readonly key: string;
  readonly lines: readonly { readonly offset: number; readonly type: string }[];
  readonly isRepeat: boolean;
  /** Who takes the alias then; 3 and more: it stays. */
  readonly holder: number;
};

function eventsOf({ key, lines, isRepeat, holder }: Arrived, at: number): UsageChange[] {
  const all = lines.map(({ offset, type }, place) => {
    const hour = Math.max(0, Math.floor(at * 1.9) + offset);
    const id = isRepeat ? 'again' : `t-${String(at)}.${String(place)}`;
    return used(id, addHours(start, hour), undefined, type);
  });
  const monthOf = ({ timestamp }: UsageLine): string => timestamp.slice(0, 7);
  // An event is of one month.
  const months = [...new Set(all.map(monthOf))];
  const recordings = months.map((one) =>
    usage(key, ...all.filter((line) => monthOf(line) === one)),
  );
  if (holder >= 3) return recordings;
  const taken = [aliasesSet('c1'), aliasesSet('c2')];
  if (holder < 2) taken.push(aliasesSet(holder === 0 ? 'c1' : 'c2', 'a'));
  return [...taken, ...recordings];
}

describe('the usage behind a line', () => {
  const offset = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -2, max: 2 }) },
    { weight: 1, arbitrary: fc.integer({ min: -900, max: 900 }) },
  );
  /** In the order of the month, but for some lines that come days too early or too late. */
  const arrival = fc.record({
    key: fc.constantFrom('c1', 'c1', 'c1', 'a', 'c2'),
    lines: fc.array(fc.record({ offset, type: fc.constantFrom('used', 'used', 'other') }), {
      minLength: 1,
      maxLength: 3,
    }),
    isRepeat: fc.nat(30).map((chance) => chance === 0),
    holder: fc.nat(60),
  });
  const arrivals = fc.array(arrival, { minLength: 150, maxLength: 250, size: 'max' });
  const hour = fc.nat(33 * 24);

  it(
    'is the same by pages that leave out stretches as by a look at every event',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          arrivals,
          fc.tuple(hour, hour),
          fc.constantFrom<number[][]>([1000], [5], [17, 90]),
          fc.constantFrom(3, 20, 100),
          async (arrived, hours, batchSizes, first) => {
            const log = await folded(arrived.flatMap(eventsOf), batchSizes);
            const wanted = wantedIn(
              {
                startingAt: addHours(start, Math.min(...hours)),
                endingBefore: addHours(start, Math.max(...hours) + 1),
              },
              log,
            );
            const expected = await expectedIds(log, wanted);
            expect(await allIds(log, wanted, first)).toEqual(expected);
            expect(await usageCount(countedSource(own, log), wanted)).toBe(expected.length);
          },
        ),
        { numRuns: runs(8) },
      );
    },
  );

  it('is read from where the interval begins, and not on behind its end', async () => {
    const log = await folded(month(1280));
    const middle = { startingAt: sixteenth, endingBefore: addHours(sixteenth, 24) };
    const first = 10;
    const expected = await expectedIds(log, wantedIn(middle, log));
    expect(expected.length).toBeGreaterThan(40);
    const { page, read } = await firstPage(log, wantedIn(middle, log), first);
    expect(idsOf(page)).toEqual(expected.slice(0, first));
    expect(read.events).toBeLessThanOrEqual(64 + 16);
    expect((await firstPage(log, wantedIn(middle, log), 1000)).read.events).toBeLessThan(160);
  });

  it('is read although it was recorded among that of other days', async () => {
    const early = [used('early', addHours(start, 1)), used('twentieth', addHours(start, 20 * 24))];
    const usual = month(640);
    const log = await folded([...usual.slice(0, 500), usage('c1', ...early), ...usual.slice(500)]);
    const wanted = wantedIn({ startingAt: start, endingBefore: addHours(start, 2) }, log);
    const { page, read } = await firstPage(log, wanted, 1000);
    expect(idsOf(page)).toEqual(['c1-0', 'c1-1', 'early']);
    expect(read.events).toBeLessThan(64 * 3);
  });

  it('is not looked for in what another customer used under the same key', async () => {
    const [before, others, after] = [month(10, 'a'), month(640, 'a', 'x'), month(10, 'a', 'y')];
    const log = await folded([
      ...before,
      ...[aliasesSet('c1'), aliasesSet('c2', 'a'), ...others],
      ...[aliasesSet('c2'), aliasesSet('c1', 'a'), ...after],
    ]);
    const wanted = wantedIn(october, log);
    expect(await allIds(log, wanted, 7)).toEqual(await expectedIds(log, wanted));
    const { read } = await firstPage(log, wanted, 1000);
    expect(read.events).toBeLessThan(64 * 4);
  });
});

describe('a page of the usage behind a line', () => {
  /** Of those of `each` events, only every tenth has a line that counts, its last. */
  const rare = (events: number, each: number): readonly UsageChange[] =>
    Array.from({ length: events }, (_event, at) => {
      const lines = Array.from({ length: each }, (_line, place) =>
        used(
          `${String(at)}.${String(place)}`,
          start,
          undefined,
          at % 10 === 9 && place === each - 1 ? 'used' : 'other',
        ),
      );
      return usage('c1', ...lines);
    });

  it('ends early where much does not count, and the next one goes on behind it', async () => {
    const log = await folded(rare(200, 200));
    const wanted = wantedIn(october, log);
    const { page, read } = await firstPage(log, wanted, 10);
    expect(page.edges.length).toBeLessThan(10);
    expect(page.hasNextPage).toBe(true);
    expect(read.lines).toBeLessThan(20_000);
    const expected = await expectedIds(log, wanted);
    expect(expected).toHaveLength(20);
    for (const first of [1, 3, 10]) expect(await allIds(log, wanted, first)).toEqual(expected);
  });

  it('may be empty, and still leads to what there is', async () => {
    const log = await folded([...rare(9, 3000), ...month(3)]);
    const wanted = wantedIn(october, log);
    const { page } = await firstPage(log, wanted, 10);
    expect(page).toMatchObject({ edges: [], hasNextPage: true });
    expect(await allIds(log, wanted, 10)).toEqual(['c1-0', 'c1-1', 'c1-2']);
  });

  it('goes on in an event that is larger than what is read for a page', async () => {
    const large = Array.from({ length: 12_000 }, (_line, at) => used(`l-${String(at)}`, start));
    const log = await folded([...month(1), usage('c1', ...large), ...month(2, 'a')]);
    const wanted = wantedIn(october, log);
    expect(await allIds(log, wanted, 1000)).toEqual(await expectedIds(log, wanted));
  });

  it('holds few of large events at a time', async () => {
    const log = await folded(rare(30, 2500));
    const { read } = await firstPage(log, wantedIn(october, log), 10);
    expect(read.lines).toBeLessThan(20_000);
  });
});
