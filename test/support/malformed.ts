import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { faultyTexts, faultyValues, good, type Line } from './malformed-events.ts';

/** A body, and how it has to be answered. */
export type Malformed = {
  readonly what: string;
  readonly type: string | null;
  readonly encoding: string | null;
  readonly body: Buffer;
  /** Turned away as a whole with that word; null: what is in `rejected` alone. */
  readonly refused: readonly [status: number, reason: string] | null;
  /** The reason of each event at fault; not looked at where the whole is turned away. */
  readonly rejected: readonly (readonly [index: number, reason: string])[];
  readonly accepted: number;
};

const arrayType = 'application/json';
const linesType = 'application/x-ndjson';

const fine = { weight: 6, arbitrary: fc.constant(good) };
const once = <Value>(arbitrary: fc.Arbitrary<Value>) => ({ weight: 1, arbitrary });
const someValues = fc.array(fc.oneof(fine, ...faultyValues.map(once)), {
  minLength: 1,
  maxLength: 8,
});
const someLines = fc.array(fc.oneof(fine, ...[...faultyValues, ...faultyTexts].map(once)), {
  minLength: 1,
  maxLength: 8,
});

const rejectedOf = (lines: readonly Line[]): Malformed['rejected'] =>
  lines.flatMap(({ reason }, index) => (reason === null ? [] : [[index, reason] as const]));

const joined = (lines: readonly Line[], between: string): Buffer =>
  Buffer.concat(
    lines.flatMap(({ bytes }, index) => (index === 0 ? [bytes] : [Buffer.from(between), bytes])),
  );

const judged = (what: string, type: string, body: Buffer, lines: readonly Line[]): Malformed => ({
  ...{ what, type, encoding: null, body, refused: null },
  rejected: rejectedOf(lines),
  accepted: lines.filter(({ reason }) => reason === null).length,
});

const asLines = fc.tuple(someLines, fc.constantFrom('\n', '\r\n')).map(([made, end]) => () => {
  const lines = made.map((make) => make());
  return judged('lines', linesType, joined(lines, end), lines);
});
const asArray = someValues.map((made) => () => {
  const lines = made.map((make) => make());
  const body = Buffer.concat([Buffer.from('['), joined(lines, ','), Buffer.from(']')]);
  return judged('an array', arrayType, body, lines);
});
const packed = fc.oneof(asLines, asArray).map((make) => () => {
  const plain = make();
  return { ...plain, what: `${plain.what}, packed`, encoding: 'gzip', body: gzipSync(plain.body) };
});

type Whole = Pick<Malformed, 'what' | 'body' | 'refused'> &
  Partial<Pick<Malformed, 'type' | 'encoding'>>;

const whole = (one: Whole): Malformed => ({
  ...{ type: linesType, encoding: null, rejected: [], accepted: 0 },
  ...one,
});

const plainLines = (): Buffer => joined([good(), good(), good()], '\n');

const ofNoType = fc
  .constantFrom(
    null,
    'text/plain',
    'application/xml',
    'text/csv',
    'multipart/form-data',
    'nonsense',
  )
  .map(
    (type) => () =>
      whole({
        what: 'of no type that is taken',
        type,
        body: plainLines(),
        refused: [415, 'not_json'],
      }),
  );
const inNoEncoding = fc.constantFrom('br', 'deflate', 'gzip, gzip', 'zstd', 'x').map(
  (encoding) => () =>
    whole({
      what: 'in no known encoding',
      encoding,
      body: plainLines(),
      refused: [415, 'unknown_encoding'],
    }),
);
/** What comes before the end may be recorded: nothing but the refusal is looked at. */
const brokenGzip = fc
  .tuple(fc.nat(), fc.constantFrom('cut', 'sum', 'plain'))
  .map(([at, how]) => () => {
    const gzip = gzipSync(joined(Array.from({ length: 20 }, good), '\n'));
    const body = {
      cut: () => gzip.subarray(0, 1 + (at % (gzip.length - 1))),
      sum: () => flipped(gzip, gzip.length - 8 + (at % 8)),
      plain: plainLines,
    };
    return whole({
      what: `gzip, ${how}`,
      encoding: 'gzip',
      body: body[how](),
      refused: [400, 'malformed_gzip'],
    });
  });
const noArray = fc
  .constantFrom<[string, string]>(
    ...(['', '[', '[1,', '{"a":', '[1 2]', '\u0000', '[{}]]'] as const).map(
      (text): [string, string] => [text, 'malformed_json'],
    ),
    ...(['{}', '1', '"x"', 'null', 'true'] as const).map((text): [string, string] => [
      text,
      'not_a_list',
    ]),
  )
  .map(
    ([text, reason]) =>
      () =>
        whole({
          what: 'no array',
          type: arrayType,
          body: Buffer.from(text),
          refused: [400, reason],
        }),
  );
const arrayNotUtf8 = fc.nat().map((at) => () => {
  const body = Buffer.concat([Buffer.from('['), plainLines().subarray(0, 50), Buffer.from(']')]);
  return whole({
    what: 'an array, not UTF-8',
    type: arrayType,
    body: flipped(body, at % body.length),
    refused: [400, 'malformed_json'],
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

/** So many bodies, the same for the same seed, each with a fault somewhere, or several. */
export const malformedBodies = (seed: number, count: number): readonly Malformed[] =>
  fc
    .sample(
      fc.oneof(
        { weight: 6, arbitrary: asLines },
        { weight: 4, arbitrary: asArray },
        { weight: 2, arbitrary: packed },
        ...[ofNoType, inNoEncoding, brokenGzip, noArray, arrayNotUtf8].map((arbitrary) => ({
          weight: 1,
          arbitrary,
        })),
      ),
      { seed, numRuns: count },
    )
    .map((make) => make());
