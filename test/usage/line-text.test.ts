import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodec } from '../../src/event-log/codec.ts';
import { type UsageLine } from '../../src/usage/events.ts';
import { lineText, recordedOpening } from '../../src/usage/line-text.ts';
import { instants, names } from '../support/arbitraries.ts';

const lines: fc.Arbitrary<UsageLine> = fc.record({
  transactionId: fc.oneof(names, fc.string({ unit: 'grapheme' })),
  eventType: names,
  timestamp: instants,
  properties: fc.dictionary(
    fc.oneof(names, fc.string({ unit: 'grapheme' }), fc.nat().map(String)),
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
  ),
});

describe('the text of usage', () => {
  it("is, byte for byte, what the log's codec makes of the event", () => {
    const codec = createCodec();
    const metadata = {
      version: 1,
      actor: 'a',
      requestIds: [],
      recordedAt: '2025-01-01T00:00:00.000Z',
    } as const;
    fc.assert(
      fc.property(names, fc.array(lines), (key, several) => {
        const event = { type: 'UsageRecorded', key, lines: several };
        const written = `${recordedOpening(key)}${several.map(lineText).join(',')}]}`;
        expect(written).toBe(codec.encode({ event, metadata }).data);
      }),
      { numRuns: 1000 },
    );
  });

  it('has properties in the order of their code units, numbers too', () => {
    const properties = { b: 1, '9': 2, '10': 3, ä: 4, B: 5 };
    const at = '2025-01-01T00:00:00.000Z';
    expect(lineText({ transactionId: 't', eventType: 'e', timestamp: at, properties })).toBe(
      `{"eventType":"e","properties":{"10":3,"9":2,"B":5,"b":1,"ä":4},"timestamp":"${at}","transactionId":"t"}`,
    );
  });
});
