import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { bodyOf, event, recorderOf, withCount } from '../support/record-usage.ts';

const folder = await temporaryFolder();
let paygo: Running;
const { send, sendBody, head, metered, usage } = recorderOf(() => paygo);

beforeAll(async () => {
  paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: '2025-01-15T00:00:00Z' });
});
afterAll(async () => {
  await paygo.stop();
  await folder.remove();
});

describe('what is recorded', () => {
  it('counts once, however often it is sent, and accepted counts the repeats', async () => {
    const account = await metered('COUNT');
    const mine = (transactionId: string) => event({ transactionId, customerId: account.customer });
    expect(await send([mine('r-1'), mine('r-1'), mine('r-2')])).toMatchObject({ accepted: 3 });
    const again = await send([mine('r-2'), mine('r-3'), mine('r-1')]);
    expect(again).toMatchObject({ accepted: 3, rejected: [] });
    // r-1, r-2 and r-3.
    expect(await usage(account, again.position)).toEqual(['3']);
  });

  it('is seen by a query that waits for its position', async () => {
    const account = await metered('COUNT');
    for (let round = 1; round <= 20; round += 1) {
      const { position } = await send([event({ customerId: account.customer })]);
      expect(await usage(account, position)).toEqual([String(round)]);
    }
  });

  it('is waited for by a query that names a position ahead', async () => {
    const account = await metered('COUNT');
    const ahead = String(BigInt(await head()) + 1n);
    const waiting = usage(account, ahead);
    const early = await Promise.race([
      waiting,
      new Promise((resolve) => setTimeout(resolve, 150, 'waits')),
    ]);
    expect(early).toBe('waits');
    expect(await send([event({ customerId: account.customer })])).toMatchObject({
      position: ahead,
    });
    expect(await waiting).toEqual(['1']);
  });

  it('needs no properties', async () => {
    const account = await metered('COUNT');
    const mine = (properties: unknown) => event({ customerId: account.customer, properties });
    const answer = await send([mine(undefined), mine(null), mine({})]);
    expect(answer).toMatchObject({ accepted: 3, rejected: [] });
    expect(await usage(account, answer.position)).toEqual(['3']);
  });

  it('keeps every digit of a string, and of a number that it takes', async () => {
    const account = await metered('SUM', 'count');
    const counts = [
      '0.1',
      '"9007199254740993"',
      '1e21',
      '123456789012345',
      '"0.000000000001"',
      '-1e-7',
      '1.50',
    ];
    const events = counts.map((value) => withCount(value, { customerId: account.customer }));
    const answer = await sendBody(bodyOf(`[${events.join(', ')}]`));
    expect(answer).toMatchObject({ accepted: 7, rejected: [] });
    //         0.1 + 9007199254740993 + 10^21 + 123456789012345 + 0.000000000001 - 0.0000001 + 1.5
    // whole:  10^21 + 9007199254740993 + 123456789012345 + 1     = 1000009130656043753339
    // part:   0.1 + 0.5 + 0.000000000001 - 0.0000001             = 0.599999900001
    expect(await usage(account, answer.position)).toEqual(['1000009130656043753339.599999900001']);
  });

  it.each([
    'Grüße@пример.рф',
    '注文-17',
    '👩‍👩‍👧',
    '😀'.repeat(128),
    "o'; DROP TABLE usage; --",
    ' ',
    '__proto__',
  ])('may have any key, id and type: %s', async (text) => {
    const { metric, customer } = await metered('UNIQUE', 'user');
    await paygo.client.ask(
      'mutation ($input: SetIngestAliasesInput!) { setIngestAliases(input: $input) { __typename } }',
      { input: { customerId: customer, ingestAliases: [text] } },
    );
    const mine = (change: object) => event({ customerId: text, ...change });
    const answer = await send([
      mine({ transactionId: text, properties: { user: text } }),
      mine({ transactionId: text, properties: { user: text } }),
      mine({ properties: { user: `${text}!` } }),
      mine({ eventType: text, properties: { user: 'of another type' } }),
    ]);
    expect(answer).toMatchObject({ accepted: 4, rejected: [] });
    // The text itself and the text with an exclamation mark; the last one is of a type that the
    // metric does not see.
    expect(await usage({ metric, customer }, answer.position)).toEqual(['2']);
  });

  it('may be 1,000 events at once, of many keys and months', async () => {
    const account = await metered('COUNT');
    const events = Array.from({ length: 1000 }, (_, index) =>
      event({
        customerId: index % 2 === 0 ? account.customer : `key-${String(index % 50)}`,
        timestamp: `2024-${String((index % 12) + 1).padStart(2, '0')}-01T00:00:00+05:00`,
      }),
    );
    const answer = await send(events);
    expect(answer).toMatchObject({ accepted: 1000, rejected: [] });
    // Every other one.
    expect(await usage(account, answer.position)).toEqual(['500']);
  });
});
