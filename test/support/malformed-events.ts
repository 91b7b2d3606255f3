import fc from 'fast-check';

/** A line of a body, and the word that it is rejected with; null: it is all right. */
export type Line = { readonly bytes: Buffer; readonly reason: string | null };

type Fields = Readonly<Record<string, unknown>>;

let serial = 0;

const goodFields = (): Fields => {
  serial += 1;
  return {
    ...{ transactionId: `m-${String(serial)}`, customerId: 'malformed', eventType: 'row' },
    ...{ timestamp: '2025-02-14T03:15:00Z', properties: { count: '1' } },
  };
};

export const good = (): Line => ({
  bytes: Buffer.from(JSON.stringify(goodFields())),
  reason: null,
});

const bad = (text: string | Buffer, reason: string): Line => ({
  bytes: Buffer.from(text),
  reason,
});

/** An event with other fields; `undefined` leaves one out. */
const changed = (change: Fields, reason: string): Line =>
  bad(JSON.stringify({ ...goodFields(), ...change }), reason);

/** An event with a property written like that. */
const withValue = (written: string, reason: string): Line =>
  bad(JSON.stringify(goodFields()).replace('"1"', written), reason);

const required = ['transactionId', 'customerId', 'eventType', 'timestamp'] as const;
const long = 'x'.repeat(129);
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Ways in which an event is at fault that hold wherever it stands, as JSON text. */
export const faultyValues: readonly fc.Arbitrary<() => Line>[] = [
  fc
    .constantFrom('1', '"text"', '[]', 'null', 'true', '[{}]', '12345678901234567890', deep(900))
    .map((text) => () => bad(text, 'not_an_object')),
  fc
    .constantFrom(...required)
    .chain((field) =>
      fc
        .constantFrom(undefined, null)
        .map((value) => () => changed({ [field]: value }, 'field_required')),
    ),
  fc.tuple(fc.constantFrom(...required), fc.constantFrom<unknown>(true, {}, [], 1.5, ['x'])).map(
    ([field, value]) =>
      () =>
        changed({ [field]: value }, 'field_of_wrong_type'),
  ),
  fc
    .constantFrom<unknown>('text', 1, true, [], [{}])
    .map((properties) => () => changed({ properties }, 'field_of_wrong_type')),
  fc
    .constantFrom('extra', 'TransactionId', 'constructor', 'toString', '')
    .map((name) => () => changed({ [name]: 'x' }, 'field_unknown')),
  fc
    .constantFrom('transaction_id', 'customer_id', 'event_type')
    .map((name) => () => changed({ [name]: 'x' }, 'field_twice')),
  fc
    .constantFrom(
      '',
      'now',
      '2025-02-30T00:00:00Z',
      '2025-02-14T25:00:00Z',
      '2025-02-14',
      '1739502900',
    )
    .map((timestamp) => () => changed({ timestamp }, 'timestamp_malformed')),
  fc
    .constantFrom('1999-12-31T23:59:59Z', '2101-01-01T00:00:00Z', '9999-12-31T00:00:00Z')
    .map((timestamp) => () => changed({ timestamp }, 'timestamp_out_of_range')),
  fc
    .constantFrom(
      ...[{ transactionId: '', reason: 'empty_transaction_id' }],
      ...[{ customerId: '', reason: 'empty_customer_id' }],
      ...[{ eventType: '', reason: 'empty_event_type' }],
      ...[{ transactionId: long, reason: 'transaction_id_too_long' }],
      ...[{ customerId: long, reason: 'customer_id_too_long' }],
      ...[{ eventType: long, reason: 'event_type_too_long' }],
      ...[{ properties: { n: 'x'.repeat(4097) }, reason: 'property_too_long' }],
      ...[{ properties: { [long]: 'x' }, reason: 'property_too_long' }],
      ...[{ transactionId: 'a\ud800', reason: 'text_not_well_formed' }],
      ...[{ customerId: 'a\u0000', reason: 'text_not_well_formed' }],
    )
    .map(
      ({ reason, ...change }) =>
        () =>
          changed(change, reason),
    ),
  fc
    .constantFrom('null', '[]', '{}', '["1"]', '{"a":{"b":1}}', deep(900))
    .map((written) => () => withValue(written, 'property_not_scalar')),
  fc
    .constantFrom('1e400', '-1e400', '12345678901234567890', '0.12345678901234567', '1e-400')
    .map((written) => () => withValue(written, 'number_not_exact')),
  fc.constant(() =>
    changed(
      {
        properties: Object.fromEntries(
          Array.from({ length: 2001 }, (_, i) => [`p${String(i)}`, 1]),
        ),
      },
      'too_many_properties',
    ),
  ),
];

/** Ways in which a line is no JSON, at some place of it. */
export const faultyTexts: readonly fc.Arbitrary<() => Line>[] = [
  fc.nat().map((at) => () => {
    const { bytes } = good();
    return bad(bytes.subarray(0, 1 + (at % (bytes.length - 1))), 'malformed_json');
  }),
  fc.tuple(fc.nat(), fc.constantFrom(0xff, 0xc0, 0x80, 0xf8)).map(([at, byte]) => () => {
    const { bytes } = good();
    const place = 1 + (at % (bytes.length - 1));
    const parts = [bytes.subarray(0, place), Buffer.from([byte]), bytes.subarray(place)];
    return bad(Buffer.concat(parts), 'malformed_json');
  }),
  fc
    .constantFrom(
      '{',
      '}',
      '{]',
      '{"a"}',
      '{"a":}',
      "{'a':1}",
      '{"a":01}',
      '{"a":NaN}',
      '//',
      'None',
    )
    .map((text) => () => bad(text, 'malformed_json')),
  fc.nat().map((at) => () => {
    const { bytes } = good();
    return bad(`${bytes.toString()}${['}', ',', '{}', ' x', '"'][at % 5] ?? ''}`, 'malformed_json');
  }),
  fc.constant(() => withValue('"\\u00zz"', 'malformed_json')),
  fc.constant(() => bad('{"__proto__":{"x":1}}', 'malformed_json')),
];
