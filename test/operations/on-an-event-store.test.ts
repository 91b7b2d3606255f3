import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { copyLog } from '../../src/operations/copy-log.ts';
import { double } from '../event-log/eventstoredb-support.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';
import { called } from './called.ts';
import { unheard } from './logs.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let customerId = '';

beforeAll(async () => {
  folder = await temporaryFolder();
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  customerId = await w.customer('First', ['team@example.com']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.useTimes(3, 'team@example.com', 'emails', '2024-10-02');
  await w.advance('2024-11-02');
  await paygo.stop();
});
afterAll(() => folder.remove());

/** An event store that holds the same log: how commands are told of it. */
async function eventStore() {
  const { url } = await double();
  const source = openSqliteLog({ folder: folder.path });
  const target = openEventStoreLog({ url });
  await copyLog({ source, target }, unheard);
  await target.close();
  await source.close();
  return { EVENTSTORE_URL: url };
}

/** What NDJSON says, but for positions. */
const lines = ({ said }: { readonly said: string }): readonly object[] =>
  said.split('\n').map((line) => {
    const { position: _position, ...read } = JSON.parse(line) as { readonly position: string };
    return read;
  });

describe('paygo on an event store', () => {
  it('verifies, tells and exports the same as on the embedded log', async () => {
    const there = await eventStore();
    const here = { PAYGO_DATA_DIR: folder.path };
    expect(await called(there, 'verify')).toEqual({
      code: 0,
      said: '1 invoice replayed, 0 differ',
      complained: '',
    });
    for (const args of [
      ['history', customerId, '--json'],
      ['export', 'events'],
      ['export', 'events', '--customer', customerId],
      ['export', 'invoices'],
    ]) {
      const expected = lines(await called(here, ...args));
      expect(lines(await called(there, ...args))).toEqual(expected);
    }
  });

  it('says that there is none, without the password', async () => {
    const nowhere = { EVENTSTORE_URL: 'esdb://admin:secret@127.0.0.1:1?tls=false' };
    const { code, complained } = await called(nowhere, 'verify');
    expect([code, complained]).toEqual([
      1,
      expect.stringMatching(/^paygo: EVENTSTORE_URL: .*cannot be reached/),
    ]);
    expect(complained).not.toContain('secret');
  });
});
