import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { eventTypes } from '../../src/operations/event-types.ts';
import { csvRecords } from '../support/csv.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf, type World } from '../support/scenario.ts';
import { goldenEvents } from '../event-log/golden-events.ts';
import { called, calledUntil } from './called.ts';
import { eventsIn } from './logs.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let customers: readonly string[] = [];
/** What the server tells of each customer. */
const told = new Map<string, readonly string[]>();
let events: readonly Recorded[] = [];
const alias = 'team@example.com';
const nasty = 'Emails, "generated"\nand =1+1';

async function history(w: World, customerId: string): Promise<readonly string[]> {
  const { billingHistory } = await w.ask<{
    clock: object;
    billingHistory: { nodes: readonly { position: string }[] };
  }>(
    `query ($id: ID!) { clock { now } billingHistory(customerId: $id, first: 1000) {
      nodes { position } } }`,
    { id: customerId },
  );
  return billingHistory.nodes.map(({ position }) => position);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  await w.use(alias, 'emails', '2024-10-02');
  const first = await w.customer(nasty, [alias]);
  const second = await w.customer('Second');
  for (const customerId of [first, second]) {
    await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  }
  await w.useTimes(3, alias, 'emails', '2024-10-02');
  await w.mutate('setIngestAliases', { customerId: first, ingestAliases: [] });
  await w.mutate('setIngestAliases', { customerId: second, ingestAliases: [alias] });
  await w.useTimes(2, alias, 'emails', '2031-10-02');
  await w.use(alias, 'emails', '2024-10-03');
  await w.advance('2024-12-02');
  const october = (await w.invoices(first, { statuses: ['FINALIZED'] })).at(-1);
  await w.voided(october?.id ?? '');
  await w.advance('2024-12-03');
  await w.use(first, 'emails', '2024-12-02');
  await w.usage(first, emails);
  customers = [first, second];
  for (const customerId of customers) told.set(customerId, await history(w, customerId));
  await paygo.stop();
  const log = openSqliteLog({ folder: folder.path });
  events = await eventsIn(log);
  await log.close();
});
afterAll(() => folder.remove());

const run = (...args: readonly string[]) => called({ PAYGO_DATA_DIR: folder.path }, ...args);

type Line = { readonly position: string; readonly type: string } & Readonly<
  Record<string, unknown>
>;

async function ndjson(...args: readonly string[]): Promise<readonly Line[]> {
  const { code, said, complained } = await run(...args);
  expect([code, complained]).toEqual([0, '']);
  return said === '' ? [] : said.split('\n').map((line) => JSON.parse(line) as Line);
}

const positions = async (...args: readonly string[]) =>
  (await ndjson(...args)).map(({ position }) => position);

async function csv(...args: readonly string[]) {
  const { said } = await run(...args, '--csv');
  const [columns = [], ...records] = csvRecords(`${said}\n`);
  return records.map((record) =>
    Object.fromEntries(record.map((cell, index) => [columns[index] ?? '', cell])),
  );
}

describe('paygo history', () => {
  it('tells of each customer what the server tells, from the log alone', async () => {
    for (const customerId of customers) {
      const expected = told.get(customerId);
      expect(expected?.length).toBeGreaterThan(8);
      expect(await positions('history', customerId, '--json')).toEqual(expected);
    }
  });

  it('tells only some types, and a part of the log', async () => {
    const [first = ''] = customers;
    const all = await ndjson('history', first, '--json');
    const typed = await ndjson('history', first, '--json', '--type', 'PeriodClosed, UsageRecorded');
    expect(typed).toEqual(
      all.filter(({ type }) => type === 'PeriodClosed' || type === 'UsageRecorded'),
    );
    expect(typed.length).toBeGreaterThan(3);
    const from = all[2]?.position ?? '';
    const to = all.at(-2)?.position ?? '';
    expect(await ndjson('history', first, '--json', '--from', from, '--to', to)).toEqual(
      all.slice(2, -1),
    );
  });

  it('is a table for people', async () => {
    const [, second = ''] = customers;
    const { said } = await run('history', second);
    const [heading, ...rows] = said.split('\n');
    expect(heading).toMatch(/^ +POSITION {2}RECORDED AT +TYPE +OF$/);
    expect(rows).toHaveLength(told.get(second)?.length ?? 0);
    expect(
      rows.some((row) => / UsageRecorded {10}team@example.com: t-\d and 1 more$/.test(row)),
    ).toBe(true);
  });
});

describe('paygo export', () => {
  it('writes every event as it is in the log, or those of a part of it', async () => {
    const lines = await ndjson('export', 'events');
    expect(lines).toEqual(
      events.map(({ position, stream, revision, id, event, metadata }) => {
        const { type, ...data } = event;
        const { recordedAt } = metadata;
        return {
          position: String(position),
          stream,
          revision,
          type,
          id,
          recordedAt,
          data,
          metadata,
        };
      }),
    );
    expect(await ndjson('export', 'events', '--from', '4', '--to', '6')).toEqual(lines.slice(3, 6));
    const ofType = await ndjson('export', 'events', '--type', 'InvoiceVoided', '--json');
    expect(ofType).toEqual(lines.filter(({ type }) => type === 'InvoiceVoided'));
    expect(ofType).toHaveLength(1);
    const [first = ''] = customers;
    expect(await positions('export', 'events', '--customer', first)).toEqual(told.get(first));
  });

  it('writes events as a table that holds the same', async () => {
    const records = await csv('export', 'events');
    const lines = await ndjson('export', 'events');
    expect(
      records.map(({ data = '', metadata = '', revision, actor, ...cells }) => {
        const read = JSON.parse(metadata) as { actor: string };
        expect(actor).toBe(read.actor);
        return { ...cells, revision: Number(revision), data: JSON.parse(data), metadata: read };
      }),
    ).toEqual(lines);
  });

  it('writes invoices with their lines, whether they are void, and exact amounts', async () => {
    const invoices = await ndjson('export', 'invoices');
    expect(invoices.map(({ number, status, total }) => [number, status, total])).toEqual([
      [1, 'VOID', '0.4'],
      [2, 'FINALIZED', '0.1'],
      [3, 'FINALIZED', '0'],
      [4, 'FINALIZED', '0'],
      [5, 'FINALIZED', '0.4'],
    ]);
    const before = String(BigInt(invoices[4]?.position ?? '') - 1n);
    const early = await ndjson('export', 'invoices', '--from', '1', '--to', before);
    expect(early.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    const asOfMarch = await ndjson('export', 'invoices', '--to', invoices[3]?.position ?? '');
    expect(asOfMarch[0]).toMatchObject({ number: 1, status: 'FINALIZED', voidedAt: null });
    const late = await ndjson('export', 'invoices', '--from', invoices[3]?.position ?? '');
    expect(late.map(({ number }) => number)).toEqual([4, 5]);
    const [, second = ''] = customers;
    const own = await ndjson('export', 'invoices', '--customer', second, '--from', '1');
    expect(own.map(({ number }) => number)).toEqual([2, 4]);
  });

  it('writes a record for each line of an invoice', async () => {
    const invoices = await ndjson('export', 'invoices');
    const records = await csv('export', 'invoices');
    const lines = invoices.flatMap(({ lines }) => lines as readonly { amount: string }[]);
    expect(records.map(({ amount }) => amount)).toEqual(lines.map(({ amount }) => amount));
    expect(records[0]).toMatchObject({
      ...{ number: '1', status: 'VOID', total: '0.4', currency: 'USD', voidReason: '' },
      ...{ quantity: '4', unitPrice: '0.1', amount: '0.4', tier: '', lineType: 'USAGE' },
    });
  });

  it('knows every type of event that a log may hold', () => {
    expect([...eventTypes].sort()).toEqual(Object.keys(goldenEvents).sort());
  });
});

describe('a wrong call', () => {
  it.each([
    [2, ['export'], /missing required argument/],
    [2, ['export', 'drafts'], /Allowed choices are events, invoices/],
    [2, ['export', 'events', '--from', 'May'], /It is no position of a log/],
    [2, ['export', 'events', '--type', 'InvoiceFinalised'], /no events of type InvoiceFinalised/],
    [2, ['export', 'invoices', '--type', 'InvoiceVoided'], /--type chooses events/],
    [1, ['export', 'invoices', '--customer', 'cus_no'], /^paygo: there is no customer cus_no$/],
    [1, ['history', 'cus_no'], /^paygo: there is no customer cus_no$/],
  ] as const)('ends with %s: %j', async (code, args, complaint) => {
    const { said, ...ended } = await run(...args);
    expect(ended).toEqual({ code, complained: expect.stringMatching(complaint) });
    expect(said).toBe('');
  });

  it('is one on a folder without a log, and makes none there', async () => {
    const none = { PAYGO_DATA_DIR: `${folder.path}/none` };
    for (const args of [['verify'], ['history', 'cus_a'], ['export', 'events'], ['rebuild']]) {
      expect(await called(none, ...args)).toMatchObject({
        code: 2,
        complained: expect.stringContaining('there is no event log (log.db) in'),
      });
    }
  });

  it('says that a server has the log', async () => {
    const log = openSqliteLog({ folder: folder.path });
    for (const args of [['verify'], ['history', 'cus_a'], ['export', 'events'], ['rebuild']]) {
      expect(await run(...args)).toMatchObject({
        code: 1,
        complained:
          `paygo: the data folder ${folder.path} is in use by another process: ` +
          'stop the server that has it open, or ask that server over HTTP',
      });
    }
    await log.close();
  });

  it('is judged before the log is looked for', async () => {
    const log = openSqliteLog({ folder: folder.path });
    for (const args of [
      ['history', 'cus_a', '--type', 'Nope'],
      ['export', 'events', '--type', 'Nope'],
      ['export', 'invoices', '--type', 'InvoiceVoided'],
    ]) {
      expect(await run(...args)).toMatchObject({ code: 2 });
    }
    await log.close();
  });

  it('says that it was ended before it was done', async () => {
    for (const args of [['verify'], ['replay', 'inv_1'], ['export', 'events'], ['rebuild']]) {
      const env = { PAYGO_DATA_DIR: folder.path };
      expect(await calledUntil(AbortSignal.abort(), env, ...args)).toMatchObject({
        code: 1,
        complained: 'paygo: it was ended before it was done',
      });
    }
  });
});
