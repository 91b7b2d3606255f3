import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { pino } from 'pino';
import { type EventLog } from '../../src/application/ports.ts';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { compareAnswers, type ComparedKind } from '../../src/operations/compare-answers.ts';
import { compareLogs } from '../../src/operations/compare-logs.ts';
import { copyLog } from '../../src/operations/copy-log.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';
import { playAutoSales, silently, storyStartsAt, type Story } from '../support/autosales.ts';
import { expectedSummary, readInvoices, summary } from '../support/autosales-invoices.ts';
import { expectedMetered, readMetered } from '../support/autosales-metering.ts';
import { startEventStoreDouble, type EventStoreDouble } from '../support/eventstore-double.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { changedAt, contentOf, eventsIn, logOf, unheard } from './logs.ts';

const clock = { PAYGO_TEST_CLOCK: storyStartsAt };
const logger = pino({ level: 'silent' });

/** Each kind in one line. */
async function compared(source: EventLog, target: EventLog): Promise<readonly string[]> {
  const { path: folder, remove } = await temporaryFolder();
  try {
    const kinds: ComparedKind[] = [];
    const asked = { now: '2025-09-15T00:00:00.000Z', graceHours: 24 } as const;
    const comparison = { source, target, folder, ...asked, logger, progress: unheard };
    for await (const kind of compareAnswers(comparison)) kinds.push(kind);
    return kinds.map(({ kind, same, difference }) =>
      difference === null ? `${kind}: ${String(same)}` : `${kind}: ${difference}`,
    );
  } finally {
    await remove();
  }
}

describe("the log of AutoSales' year", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let source: EventLog;
  let server: EventStoreDouble;
  let target: EventLog;
  let story: Story;

  beforeAll(async () => {
    folder = await temporaryFolder();
    const paygo = await startHere(folder.path, clock);
    story = await playAutoSales(paygo.client, silently);
    await paygo.stop();
    source = openSqliteLog({ folder: folder.path });
    server = await startEventStoreDouble();
    target = openEventStoreLog({ url: server.url });
    await copyLog({ source, target }, unheard);
  }, 60_000);

  afterAll(async () => {
    await target.close();
    server.stop();
    await source.close();
    await folder.remove();
  });

  it('is the same in an event store, event by event and answer by answer', async () => {
    expect(await contentOf(target)).toEqual(await contentOf(source));
    expect(await compareLogs({ source, target }, unheard)).toBe((await contentOf(source)).length);
    // 4 metrics, 5 products, 1 rate card; usage of 4 metrics, by hours and by months.
    expect(await compared(source, target)).toEqual([
      'catalog: 10',
      'customers: 1',
      'contracts: 2',
      'invoices: 16',
      'metered usage: 8',
    ]);
  });

  it('makes the same sixteen invoices when a server is started on the event store', async () => {
    const { path, remove } = await temporaryFolder();
    onTestFinished(remove);
    const paygo = await startHere(path, { ...clock, EVENTSTORE_URL: server.url });
    try {
      expect(summary(await readInvoices(paygo.client, story.customerId))).toEqual(expectedSummary);
      expect(await readMetered(paygo.client, story.customerId, story.metrics)).toEqual(
        expectedMetered,
      );
    } finally {
      await paygo.stop();
    }
  });

  const withChanged = async (
    type: string,
    change: (event: Recorded) => Recorded,
  ): Promise<readonly string[]> => {
    const events = await eventsIn(source);
    const index = events.findLastIndex(({ event }) => event.type === type);
    return compared(source, await changedAt(events, index, (event) => [change(event)]));
  };

  it('is told apart by the invoice that says something else', async () => {
    const answers = await withChanged('InvoiceFinalized', (recorded) => ({
      ...recorded,
      metadata: { ...recorded.metadata, actor: 'somebody' },
      event: { ...recorded.event, ...{ total: '11.81' } },
    }));
    expect(answers.filter((line) => !/: \d+$/.test(line))).toEqual([
      expect.stringMatching(/^invoices: invoice inv_\S+ is another in the target$/),
    ]);
  });

  it('is told apart by the usage, when one line of it was recorded otherwise', async () => {
    const answers = await withChanged('UsageRecorded', (recorded) => {
      const { lines, ...event } = recorded.event as UsageRecorded;
      const moved = lines.map((line, index) =>
        index === 0 ? { ...line, timestamp: '2025-07-30T05:00:00.000Z' as const } : line,
      );
      const changed: UsageRecorded = { ...event, lines: moved };
      return { ...recorded, event: changed };
    });
    expect(answers.at(-1)).toMatch(
      /^metered usage: (?:usage of \S+ by \S+, HOUR is another in the target|where .*)$/,
    );
  });

  it('is told apart by a name, a contract or a customer that is missing', async () => {
    const renamed = (recorded: Recorded): Recorded => ({
      ...recorded,
      event: { ...recorded.event, ...{ name: 'Other' } },
    });
    expect((await withChanged('ProductCreated', renamed)).at(0)).toMatch(
      /^catalog: product prd_\S+ is another in the target$/,
    );
    const events = await eventsIn(source);
    const without = await logOf(events.filter(({ event }) => event.type !== 'CustomerCreated'));
    expect((await compared(source, without)).slice(1, 3)).toEqual([
      `customers: where the source has customer ${story.customerId}, the target has nothing`,
      expect.stringMatching(
        /^contracts: where the source has contract con_\S+, the target has nothing$/,
      ),
    ]);
    expect((await compared(without, source)).at(1)).toBe(
      `customers: customer ${story.customerId} is of the target alone`,
    );
  });
});
