import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UsageValueFault } from '../../src/usage/commands.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { bodyOf, event, recorderOf, withCount } from '../support/record-usage.ts';
import { summaryOf } from '../support/refusals.ts';

const folder = await temporaryFolder();
let paygo: Running;
const { post, send, sendBody, head, metered, usage } = recorderOf(() => paygo);

beforeAll(async () => {
  paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: '2025-01-15T00:00:00Z' });
});
afterAll(async () => {
  await paygo.stop();
  await folder.remove();
});

describe('a call of the wrong shape is refused whole, with nothing recorded:', () => {
  const without = (field: string) =>
    JSON.stringify(Object.fromEntries(Object.entries(event()).filter(([name]) => name !== field)));
  const withField = (field: string, value: string) =>
    `${JSON.stringify(event({ [field]: undefined })).slice(0, -1)}, "${field}": ${value}}`;

  const wrong: readonly (readonly [what: string, event: string, names: string])[] = [
    ...['transactionId', 'customerId', 'eventType', 'timestamp'].flatMap((field) => [
      [`no ${field}`, without(field), field] as const,
      [`${field} null`, withField(field, 'null'), field] as const,
      [`${field} an object`, withField(field, '{}'), field] as const,
      [`${field} a list`, withField(field, '["a"]'), field] as const,
      [`${field} a boolean`, withField(field, 'true'), field] as const,
    ]),
    ['an unknown field', withField('customer_id', '"a"'), 'customer_id'],
    ['customerId a number', withField('customerId', '5'), 'customerId'],
    ['a transactionId with a fraction', withField('transactionId', '1.5'), 'transactionId'],
    [
      'a transactionId of 17 digits',
      withField('transactionId', '12345678901234567'),
      'transactionId',
    ],
    ...['"a string"', '[]', '[["count", "1"]]', '5', 'true'].map(
      (value) => [`properties ${value}`, withField('properties', value), 'properties'] as const,
    ),
    ...[
      ...['', 'yesterday', '2025-01-10', '2025-01-10T12:00:00', '2025-02-30T00:00:00Z'],
      ...['2025-01-10T24:00:00Z', '2025-13-01T00:00:00Z', '2025-01-10 12:00:00Z', '1736510400'],
    ].map(
      (value) =>
        [
          `the timestamp "${value}"`,
          withField('timestamp', JSON.stringify(value)),
          'timestamp',
        ] as const,
    ),
    ['a timestamp in seconds', withField('timestamp', '1736510400'), 'timestamp'],
    ['an event that is null', 'null', 'events[1]'],
    ['an event that is text', '"event"', 'events[1]'],
  ];

  for (const [what, text, names] of wrong) {
    it(what, async () => {
      const before = await head();
      const { data, errors } = await post(bodyOf(`[${JSON.stringify(event())}, ${text}]`));
      expect(data?.recordUsage ?? null).toBeNull();
      expect(errors.map(summaryOf)).toEqual(['BAD_USER_INPUT - -']);
      expect(errors[0]?.message).toContain('events[1]');
      expect(errors[0]?.message).toContain(names);
      expect(await head()).toBe(before);
    });
  }

  it('in the document itself', async () => {
    const before = await head();
    const good = 'transactionId: "a", customerId: "c", eventType: "row"';
    for (const literal of [good, `${good}, timestamp: "no"`, `${good}, timestamp: 5`]) {
      const query = `mutation { recordUsage(events: [{${literal}}]) { accepted } }`;
      const { errors } = await paygo.client.send(query);
      expect(errors.map(summaryOf)).toEqual(['GRAPHQL_VALIDATION_FAILED - -']);
      expect(errors[0]?.message).toMatch(/timestamp|instant/);
    }
    expect(await head()).toBe(before);
  });

  it('more than 1,000 events', async () => {
    const before = await head();
    const events = Array.from({ length: 1001 }, () => event());
    const { errors } = await post(bodyOf(JSON.stringify(events)));
    expect(errors.map(summaryOf)).toEqual(['BAD_USER_INPUT batch_too_large events']);
    expect(errors[0]?.message).toContain('1,000');
    expect(await head()).toBe(before);
  });

  it('a body of more than 4 MiB, while one of just 4 MiB is taken', async () => {
    const before = await head();
    const limit = 4 * 1024 * 1024;
    const fill = (length: number) => {
      const body = bodyOf(JSON.stringify([event()]));
      return `${body.slice(0, -1)}${' '.repeat(length - body.length)}}`;
    };
    const { status, errors } = await post(fill(limit + 1));
    expect([status, ...errors.map(summaryOf)]).toEqual([413, 'BAD_USER_INPUT body_too_large -']);
    expect(errors[0]?.message).toContain('several');
    expect(await head()).toBe(before);
    expect(await sendBody(fill(limit))).toMatchObject({ accepted: 1, rejected: [] });
  });

  const malformed = [
    '',
    '{',
    '{"query": "a"',
    'events',
    '{"query": undefined}',
    "{'query': 'a'}",
    '\u0000',
  ];
  it.each(malformed)('the body %j, which is no JSON', async (body) => {
    const before = await head();
    const { status, errors } = await post(body);
    expect([status, ...errors.map(summaryOf)]).toEqual([400, 'BAD_USER_INPUT malformed_json -']);
    expect(errors[0]?.message).toContain('JSON');
    expect(await head()).toBe(before);
  });

  it('a body of JSON that ends too early, in the middle of an event', async () => {
    const before = await head();
    const { errors } = await post(bodyOf(JSON.stringify([event(), event()])).slice(0, -20));
    expect(errors.map(summaryOf)).toEqual(['BAD_USER_INPUT malformed_json -']);
    expect(await head()).toBe(before);
  });
});

describe('an event whose values break a rule is rejected alone:', () => {
  const long = '😀'.repeat(129);
  const half = 'a\ud800';
  const many = Object.fromEntries(
    Array.from({ length: 2001 }, (_, index) => [`p${String(index)}`, 1]),
  );

  /** For every reason: the event as text, and what the message names. */
  const cases: Readonly<
    Record<UsageValueFault, readonly (readonly [text: string, names: string])[]>
  > = {
    empty_transaction_id: [[JSON.stringify(event({ transactionId: '' })), 'transactionId']],
    transaction_id_too_long: [[JSON.stringify(event({ transactionId: long })), '128']],
    empty_customer_id: [[JSON.stringify(event({ customerId: '' })), 'customerId']],
    customer_id_too_long: [[JSON.stringify(event({ customerId: long })), '128']],
    empty_event_type: [[JSON.stringify(event({ eventType: '' })), 'eventType']],
    event_type_too_long: [[JSON.stringify(event({ eventType: long })), '128']],
    timestamp_out_of_range: [
      '1999-12-31T23:59:59.999Z',
      '2101-01-01T00:00:00Z',
      '2101-01-01T01:00:00+00:59',
    ].map((timestamp) => [JSON.stringify(event({ timestamp })), '2000 to 2100']),
    too_many_properties: [[JSON.stringify(event({ properties: many })), '2000']],
    property_too_long: [
      [JSON.stringify(event({ properties: { [long]: 1 } })), '128'],
      [JSON.stringify(event({ properties: { count: '1'.repeat(4097) } })), '4096'],
    ],
    text_not_well_formed: [
      ...[half, 'a\u0000'].map((text) => [{ transactionId: text }, 'transactionId'] as const),
      [{ customerId: half }, 'customerId'] as const,
      [{ eventType: half }, 'eventType'] as const,
      [{ properties: { [half]: 1 } }, 'name'] as const,
      [{ properties: { count: half } }, '"count"'] as const,
    ].map(([change, names]) => [JSON.stringify(event(change)), names]),
    property_not_scalar: ['null', '[1]', '{"a": 1}', '[]', '{}'].map((value) => [
      withCount(value),
      '"count"',
    ]),
    number_not_exact: [
      ...['0.1000000000000000001', '1e400', '-1e400', '1234567890123456', '0.1234567890123456'],
      ...['9007199254740993', '1e-400', '123456789012345.6', '1.0000000000000001e3'],
    ].map((value) => [withCount(value), value]),
  };

  for (const [reason, wrongs] of Object.entries(cases)) {
    for (const [place, [text, names]] of wrongs.entries()) {
      it(`${reason}, case ${String(place + 1)}`, async () => {
        const good = [event(), event(), event()];
        const [first, second, third] = good.map((each) => JSON.stringify(each));
        const answer = await sendBody(
          bodyOf(`[${String(first)}, ${String(second)}, ${text}, ${String(third)}]`),
        );
        expect(answer).toMatchObject({ accepted: 3, rejected: [{ index: 2, reason }] });
        const { transactionId } = JSON.parse(text) as { transactionId: string };
        expect(answer.rejected[0]?.transactionId).toBe(transactionId === '' ? null : transactionId);
        expect(answer.rejected[0]?.message).toContain(names);
        expect(answer.rejected[0]?.message).toMatch(/: (send|correct) /);
      });
    }
  }

  it('half a character as transactionId, sent twice: the server goes on', async () => {
    const broken = event({ transactionId: half });
    expect([await send([broken]), await send([broken])]).toMatchObject([
      { accepted: 0, rejected: [{ transactionId: half, reason: 'text_not_well_formed' }] },
      { accepted: 0, rejected: [{ transactionId: half, reason: 'text_not_well_formed' }] },
    ]);
    const counted = await metered('COUNT');
    const { position } = await send([event({ customerId: counted.customer })]);
    expect(await usage(counted, position)).toEqual(['1']);
  });

  it('an inexact number written in the document', async () => {
    const literal = (count: string, id: string) =>
      `{transactionId: "${id}", customerId: "c", eventType: "row", timestamp: "2025-01-10T12:00:00Z", properties: {count: ${count}}}`;
    const counts = [
      '0.1000000000000000001',
      '1e400',
      '1234567890123456',
      '0.5',
      '[0.5]',
      '{a: 1}',
      'null',
    ];
    const events = counts.map((value, index) => literal(value, `literal-${String(index)}`));
    const query = `mutation { recordUsage(events: [${events.join(', ')}]) { accepted rejected { index reason } } }`;
    expect((await post(JSON.stringify({ query }))).data?.recordUsage).toEqual({
      accepted: 1,
      rejected: [
        ...[0, 1, 2].map((index) => ({ index, reason: 'number_not_exact' })),
        ...[4, 5, 6].map((index) => ({ index, reason: 'property_not_scalar' })),
      ],
    });
  });

  it('all of them: nothing is recorded, and each has its place', async () => {
    const before = await head();
    const answer = await send([event({ transactionId: '' }), event({ customerId: '' })]);
    expect(answer.accepted).toBe(0);
    expect(answer.rejected.map(({ index, reason }) => [index, reason])).toEqual([
      [0, 'empty_transaction_id'],
      [1, 'empty_customer_id'],
    ]);
    expect([answer.position, await head()]).toEqual([before, before]);
  });
});
