import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdFiles } from '../../projections/sqlite.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';
import { called, calledUntil } from './called.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let customerId = '';
let answer: unknown;

const models = (): string => join(folder.path, 'read-models');
const env = () => ({ PAYGO_DATA_DIR: folder.path });
const clock = { PAYGO_TEST_CLOCK: at('2024-10') };

const files = (): readonly string[] => readdirSync(models()).filter((name) => name.endsWith('.db'));

/** What the server says of the customer, on the read models that are there. */
async function asked(): Promise<unknown> {
  const paygo = await startHere(folder.path, clock);
  try {
    return await paygo.client.ask(
      `query ($id: ID!) { customer(id: $id) { name invoices {
        nodes { id status total { amount } lineItems { name quantity } } } } }`,
      { id: customerId },
    );
  } finally {
    await paygo.stop();
  }
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const paygo = await startHere(folder.path, clock);
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  customerId = await w.customer('First');
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.useTimes(5, customerId, 'emails', '2024-10-02');
  await w.advance('2024-11-02');
  await paygo.stop();
  answer = await asked();
});
afterAll(() => folder.remove());

/** Makes the read models tell something else than the log. */
function spoil(): void {
  const file = files().find((name) => name.startsWith('main-')) ?? '';
  const db = new Sqlite(join(models(), file));
  db.prepare(`UPDATE customer SET name = 'Spoilt'`).run();
  db.close();
}

describe('paygo rebuild', () => {
  it('builds what the log says, in the place of what was there', async () => {
    const before = files();
    spoil();
    expect(await asked()).not.toEqual(answer);
    mkdirSync(`${models()}.new`);
    writeFileSync(join(`${models()}.new`, 'left-over'), 'of one that was killed');
    const { code, said } = await called(env(), 'rebuild');
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/^read models rebuilt: \d+ events in /),
    ]);
    expect(files()).toEqual(before);
    expect(readdirSync(folder.path).filter((name) => name.includes('read-models'))).toEqual([
      'read-models',
    ]);
    expect(await asked()).toEqual(answer);
  });

  it('builds them where there were none, and tells it as JSON', async () => {
    rmSync(models(), { recursive: true });
    const { code, said } = await called(env(), 'rebuild', '--json');
    expect([code, JSON.parse(said)]).toEqual([
      0,
      {
        events: expect.any(Number),
        through: expect.stringMatching(/^\d+$/),
        seconds: expect.any(Number),
      },
    ]);
    expect(await asked()).toEqual(answer);
  });

  it('replaces a damaged file', async () => {
    const [file = ''] = files();
    writeFileSync(join(models(), file), 'no database at all, but long enough to be taken for one');
    expect((await called(env(), 'rebuild')).code).toBe(0);
    expect(await asked()).toEqual(answer);
  });

  it('leaves those that are there when it is ended', async () => {
    const [file = ''] = files();
    const bytes = readFileSync(join(models(), file));
    const ending = new AbortController();
    const running = calledUntil(ending.signal, env(), 'rebuild');
    while (!existsSync(`${models()}.new`)) await new Promise(setImmediate);
    ending.abort();
    expect(await running).toMatchObject({
      code: 1,
      complained: 'paygo: it was ended before it was done',
    });
    expect(readFileSync(join(models(), file)).equals(bytes)).toBe(true);
    expect(await asked()).toEqual(answer);
  });

  it('is refused while somebody has read models open, as a server on an event store would', () => {
    const db = new Sqlite(join(models(), files()[0] ?? ''));
    db.prepare('SELECT count(*) FROM checkpoint').get();
    expect(() => holdFiles(models())).toThrow(/are in use by another process$/);
    db.close();
    const release = holdFiles(models());
    const other = new Sqlite(join(models(), files()[0] ?? ''), { timeout: 0 });
    expect(() => other.prepare('SELECT count(*) FROM checkpoint').get()).toThrow(/locked/);
    other.close();
    release();
  });

  it('leaves read models in PostgreSQL to the projectors', async () => {
    const shared = { ...env(), DATABASE_URL: 'postgresql://paygo@127.0.0.1:1/none' };
    expect(await called(shared, 'rebuild')).toMatchObject({
      code: 2,
      complained: expect.stringContaining('DATABASE_URL: read models in PostgreSQL'),
    });
  });
});
