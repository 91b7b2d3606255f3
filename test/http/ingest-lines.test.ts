import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageCommands } from '../../src/application/usage.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { createLineReader, longestLineBytes } from '../../src/http/ingest-lines.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';

const by = { actor: 'a', requestId: 'r' };
const clock = { now: () => instant('2025-03-01T00:00:00Z') };

const lineOf = (id: string, properties: object = { count: '1' }): string =>
  JSON.stringify({
    ...{ transactionId: id, customerId: 'c', eventType: 'e' },
    ...{ timestamp: '2025-02-14T03:15:00Z', properties },
  });

/** What is answered, and recorded, when the body comes in these pieces. */
async function sent(pieces: readonly Uint8Array[]) {
  const log = memoryLog();
  const recording = usageCommands({ log, clock }).openRecording(by);
  const reader = createLineReader(recording);
  for (const piece of pieces) reader.push(Buffer.from(piece));
  reader.end();
  const answer = await recording.finish();
  const { events } = await log.readAll();
  return { answer, events: (events as Recorded<UsageRecorded>[]).map(({ event }) => event) };
}

const all = (text: string) => sent([Buffer.from(text)]);
const reasonsOf = ({ answer }: Awaited<ReturnType<typeof sent>>) =>
  answer.rejected.map(({ index, reason }) => [index, reason]);

describe('lines of a body', () => {
  it('end with a line feed, with a carriage return before it or not, the last with the body', async () => {
    const { answer, events } = await all(`${lineOf('a')}\r\n${lineOf('b')}\n${lineOf('c')}`);
    expect(answer).toEqual({ accepted: 3, rejected: [], position: 1n });
    expect(events[0]?.lines.map(({ transactionId }) => transactionId)).toEqual(['a', 'b', 'c']);
  });

  it('that are blank have a number and no event', async () => {
    const result = await all(`\n${lineOf('a')}\n \t\r\n\n{}\n\n`);
    expect(result.answer.accepted).toBe(1);
    expect(reasonsOf(result)).toEqual([[4, 'field_required']]);
  });

  it('may be none', async () => {
    for (const text of ['', '\n', '\r\n\r\n']) {
      expect((await all(text)).answer).toEqual({ accepted: 0, rejected: [], position: 0n });
    }
  });

  it('that are no JSON are rejected with the place, and the rest counts', async () => {
    const { answer } = await all(`${lineOf('a')}\n{"transactionId":\n${lineOf('b')}\n`);
    expect(answer.accepted).toBe(2);
    expect(answer.rejected).toMatchObject([
      { index: 1, transactionId: null, reason: 'malformed_json' },
    ]);
    expect(answer.rejected[0]?.message).toContain('position 17');
  });

  it('that are not UTF-8 are rejected alone', async () => {
    const broken = Buffer.from(lineOf('b', { name: '%%' }));
    broken.set([0xc3, 0x28], broken.indexOf('%%'));
    const pieces = [lineOf('a', { name: 'ü' }), broken, lineOf('c')].flatMap((line) => [
      Buffer.from(line),
      Buffer.from('\n'),
    ]);
    const result = await sent([Buffer.concat(pieces)]);
    expect(result.answer.accepted).toBe(2);
    expect(reasonsOf(result)).toEqual([[1, 'malformed_json']]);
    expect(result.events[0]?.lines[0]?.properties).toEqual({ name: 'ü' });
  });

  it('may have 1 MiB, and a longer one is rejected alone', async () => {
    const padded = (bytes: number): string => lineOf('a').padEnd(bytes);
    const at = await all(`${padded(longestLineBytes)}\n${lineOf('b')}`);
    expect(at.answer).toMatchObject({ accepted: 2, rejected: [] });
    const over = await all(`${padded(longestLineBytes + 1)}\n${lineOf('b')}\nx`);
    expect(over.answer.accepted).toBe(1);
    expect(reasonsOf(over)).toEqual([
      [0, 'line_too_long'],
      [2, 'malformed_json'],
    ]);
    expect(reasonsOf(await all(padded(longestLineBytes + 1)))).toEqual([[0, 'line_too_long']]);
  });

  it('keep every digit, or are rejected', async () => {
    const number = (text: string) => lineOf('n', { count: '%' }).replace('"%"', text);
    const texts = ['0.1', '1e3', '12345678901234567', '1e999', '-0', '1.10', '5e-324'];
    const result = await all(texts.map(number).join('\n'));
    expect(reasonsOf(result)).toEqual([
      [2, 'number_not_exact'],
      [3, 'number_not_exact'],
      [6, 'number_not_exact'],
    ]);
    expect(result.events[0]?.lines.map(({ properties }) => properties)).toEqual([
      { count: 0.1 },
      { count: 1000 },
      { count: 0 },
      { count: 1.1 },
    ]);
  });

  it('have of a name that stands there twice the last value, as everywhere in JSON', async () => {
    const { events } = await all(lineOf('a').replace('"count":"1"', '"count":"1","count":"2"'));
    expect(events[0]?.lines[0]?.properties).toEqual({ count: '2' });
  });

  it('must not name the prototype', async () => {
    const named = lineOf('a').replace('"count"', '"__proto__"');
    expect(reasonsOf(await all(named))).toEqual([[0, 'malformed_json']]);
  });

  it('may have escapes, and none slips through', async () => {
    const escaped = lineOf('a', { text: 'a"b\\c\u0001é' }).replace('é', '\\u00e9');
    const nul = lineOf('b', { text: '\u0000' });
    const half = lineOf('c', { text: '%' }).replace('%', '\\ud800');
    const tab = lineOf('d', { text: '%' }).replace('%', '\t');
    const result = await all([escaped, nul, half, tab, lineOf('e')].join('\n'));
    expect(reasonsOf(result)).toEqual([
      [1, 'text_not_well_formed'],
      [2, 'text_not_well_formed'],
      [3, 'malformed_json'],
    ]);
    expect(result.events[0]?.lines[0]?.properties).toEqual({ text: 'a"b\\c\u0001é' });
  });
});

describe('however a body is cut', () => {
  const lines = fc.oneof(
    fc.constantFrom('', ' ', '{}', '{"a', 'null', '[1]', '\u0001', '\r', lineOf('a').slice(3)),
    fc.nat({ max: 50 }).map((n) => lineOf(`t${String(n)}`)),
    fc.string({ unit: 'grapheme' }).map((text) => lineOf('t', { text, more: '😀ü' })),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => lineOf('n', { b: n, a: 1 })),
  );
  const bodies = fc
    .array(fc.tuple(lines, fc.constantFrom('\n', '\n', '\r\n')))
    .chain((all) =>
      fc.tuple(fc.constant(all.flat().join('')), fc.array(fc.nat(), { maxLength: 12 })),
    );

  it('the answer and the log are the same', async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.boolean(), async ([text, places], isBroken) => {
        const bytes = Buffer.from(text);
        if (isBroken && bytes.length > 0) bytes[(places[0] ?? 0) % bytes.length] = 0xff;
        const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))];
        cuts.sort((a, b) => a - b);
        const pieces = [0, ...cuts].map((from, index) =>
          bytes.subarray(from, cuts[index] ?? bytes.length),
        );
        expect(await sent(pieces)).toEqual(await sent([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('into single bytes, too', async () => {
    const bytes = Buffer.from(`${lineOf('ü', { a: '😀' })}\r\n\n{"\n${lineOf('b')}`);
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(await sent(single)).toEqual(await sent([bytes]));
  });
});
