import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';
import { names } from '../support/arbitraries.ts';
import { recordedIn } from '../support/crash.ts';
import { asArray, ingest, pack, packed } from '../support/ingest.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { recorderOf } from '../support/record-usage.ts';

const env = { PAYGO_TEST_CLOCK: '2025-03-01T00:00:00Z' };

const isUsage = ({ event }: Recorded): boolean => event.type === 'UsageRecorded';

/** What a log says of usage, whatever the requests were called. */
const said = (events: readonly Recorded[]) =>
  events.filter(isUsage).map(({ stream, event }) => ({ stream, event }));

describe('usage that comes through /ingest', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let paygo: Running;

  beforeAll(async () => {
    folder = await temporaryFolder();
    paygo = await startHere(folder.path, env);
  });
  afterAll(async () => {
    await paygo.stop();
    await folder.remove();
  });

  it('is metered as that of recordUsage is, once by its id', async () => {
    const recorder = recorderOf(() => paygo);
    const rows = await recorder.metered('SUM', 'count');
    const line = (id: string, count: string): object => ({
      ...{ transactionId: id, customerId: rows.customer, eventType: 'row' },
      ...{ timestamp: '2025-02-10T12:00:00Z', properties: { count } },
    });
    // 0.1 and 0.2 and 10^30, each once.
    const lines = [line('i1', '0.1'), line('i2', '0.2'), line('i1', '0.1')];
    const text = lines.map((one) => JSON.stringify(one)).join('\n');
    const first = await ingest(paygo.url, text);
    expect(first).toMatchObject({ status: 200, accepted: 3, rejected: [] });
    await recorder.send([line('i2', '0.2'), line('i3', `1${'0'.repeat(30)}`)]);
    const last = await ingest(paygo.url, pack(text), packed);
    expect(await recorder.usage(rows, last.position ?? '')).toEqual([`1${'0'.repeat(30)}.3`]);
  });

  it('keeps the request id that its sender gave it', async () => {
    const answer = await fetch(new URL('/ingest', paygo.url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'x-request-id': 'night-17' },
      body: JSON.stringify({
        ...{ transactionId: 'r', customerId: 'k', eventType: 'row' },
        timestamp: '2025-02-10T12:00:00Z',
      }),
    });
    expect(answer.headers.get('x-request-id')).toBe('night-17');
    await paygo.stop();
    const usage = (await recordedIn(folder.path)).filter(isUsage);
    paygo = await startHere(folder.path, env);
    expect(usage.at(-1)?.metadata).toMatchObject({ actor: 'local', requestIds: ['night-17'] });
  });
});

describe('the same lines', () => {
  const events = fc.array(
    fc.record(
      {
        transactionId: fc.oneof(
          { weight: 9, arbitrary: names },
          { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(129), 'a\u0000') },
        ),
        customerId: fc.oneof(fc.constantFrom('a', 'b'), names),
        eventType: names,
        timestamp: fc.constantFrom(
          '2025-02-28T23:59:59Z',
          '2025-03-01T01:00:00+02:00',
          '1999-12-31T00:00:00Z',
        ),
        properties: fc.option(
          fc.dictionary(
            names,
            fc.oneof(
              { weight: 20, arbitrary: names },
              fc.integer(),
              {
                weight: 1,
                arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }),
              },
              fc.boolean(),
              { weight: 1, arbitrary: fc.constantFrom(null, []) },
            ),
          ),
        ),
      },
      { requiredKeys: ['transactionId', 'customerId', 'eventType', 'timestamp'] },
    ),
    { minLength: 1, maxLength: 12 },
  );

  it('give the same answer and the same log through recordUsage and /ingest, however they are sent', async () => {
    const batches = fc.sample(events, { seed: 7, numRuns: 60 });
    const logs = [];
    const answers = [];
    for (const way of ['recordUsage', 'lines', 'array', 'gzip'] as const) {
      const folder = await temporaryFolder();
      const paygo = await startHere(folder.path, env);
      const recorder = recorderOf(() => paygo);
      const told = [];
      for (const batch of batches) {
        const lines = batch.map((one) => JSON.stringify(one));
        const { accepted, rejected, position } =
          way === 'recordUsage'
            ? await recorder.send(batch)
            : way === 'lines'
              ? await ingest(paygo.url, lines.join('\n'))
              : way === 'array'
                ? await ingest(paygo.url, `[${lines.join(',')}]`, asArray)
                : await ingest(paygo.url, pack(lines.join('\r\n')), packed);
        told.push({ accepted, rejected, position });
      }
      await paygo.stop();
      answers.push(told);
      logs.push(said(await recordedIn(folder.path)));
      await folder.remove();
    }
    const [first, ...others] = logs;
    const lines = first?.flatMap(({ event }) => (event as UsageRecorded).lines) ?? [];
    expect(lines.length).toBeGreaterThan(60);
    for (const other of others) expect(other).toEqual(first);
    for (const other of answers.slice(1)) expect(other).toEqual(answers[0]);
  });
});
