import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBufferPool } from '../../src/application/buffer-pool.ts';
import { WrittenEvent, type Caller } from '../../src/application/ports.ts';
import { createUsageBatch } from '../../src/application/usage-batch.ts';
import { createKnownKeys } from '../../src/application/usage-keys.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { type Metadata } from '../../src/kernel/recorded.ts';
import { usageStream, type UsageRecorded } from '../../src/usage/events.ts';
import { writtenLine } from '../../src/usage/line-text.ts';
import { judgeUsage } from '../../src/usage/recording.ts';
import { instants, names } from '../support/arbitraries.ts';

const at = instant('2025-02-01T00:00:00Z');
const caller = (requestId: string, actor = 'a'): Caller => ({ actor, requestId });
const [first, second] = [caller('r1'), caller('r2')];

type Sent = { readonly key: string; readonly id: string; readonly timestamp: string };
type Part = UsageRecorded & { readonly stream: string; readonly metadata: Metadata };

const keys = createKnownKeys();
const pool = createBufferPool();

/** What comes of lines, each sent by somebody. */
function recorded(sent: readonly (readonly [Sent, Caller])[], text = ''): readonly Part[] {
  const batch = createUsageBatch(keys, pool);
  for (const [{ key, id, timestamp }, by] of sent) {
    const judged = judgeUsage({
      ...{ transactionId: id, customerId: key, eventType: 'e', timestamp: instant(timestamp) },
      properties: text === '' ? {} : Object.fromEntries(textsOf(text)),
    });
    if (!('line' in judged)) throw new Error(judged.message);
    batch.add(writtenLine(judged), by);
  }
  return [...batch.events(at)].flatMap(([stream, events]) =>
    events.map(({ event, metadata }) => {
      if (!(event instanceof WrittenEvent)) throw new Error('it is written');
      return { ...(JSON.parse(event.data) as UsageRecorded), stream, metadata };
    }),
  );
}

/** Long text, cut into properties. */
const textsOf = (text: string): [string, string][] =>
  (text.match(/.{1,4000}/gsu) ?? []).map((part, index) => [`p${String(index)}`, part]);

const line = (key: string, id: string, timestamp = '2025-01-01T00:00:00Z'): Sent => ({
  key,
  id,
  timestamp,
});
const idsOf = ({ lines }: Part): string[] => lines.map(({ transactionId }) => transactionId);

describe('lines to record', () => {
  it('go to one event for each key and UTC month', () => {
    const parts = recorded([
      [line('k1', 'a', '2025-01-31T23:59:59.999Z'), first],
      [line('k1', 'b', '2025-01-31T20:00:00-05:00'), first],
      [line('k1', 'c'), first],
      [line('k2', 'd'), first],
    ]);
    expect(parts.map((part) => [part.stream, part.key, idsOf(part)])).toEqual([
      [usageStream('k1', instant('2025-01-01T00:00:00Z')), 'k1', ['a', 'c']],
      [usageStream('k1', instant('2025-02-01T00:00:00Z')), 'k1', ['b']],
      [usageStream('k2', instant('2025-01-01T00:00:00Z')), 'k2', ['d']],
    ]);
  });

  it('of one request need no word on which are whose', () => {
    const [part] = recorded([
      [line('k', 'a'), first],
      [line('k', 'b'), first],
    ]);
    expect(part?.metadata).toEqual({ version: 1, actor: 'a', requestIds: ['r1'], recordedAt: at });
  });

  it('of several requests go to one event, which says where the lines of each begin', () => {
    const parts = recorded([
      [line('k', 'a'), first],
      [line('k', 'b'), first],
      [line('k', 'c'), second],
      [line('other', 'd'), second],
      [line('k', 'e'), first],
    ]);
    expect(parts.map(idsOf)).toEqual([['a', 'b', 'c', 'e'], ['d']]);
    expect(parts[0]?.metadata.requestIds).toEqual(['r1', 'r2', 'r1']);
    expect(parts[0]?.metadata.requestOffsets).toEqual([0, 2, 3]);
    expect(parts[1]?.metadata.requestIds).toEqual(['r2']);
  });

  it('of several actors go to several events', () => {
    const parts = recorded([
      [line('k', 'a'), first],
      [line('k', 'b'), caller('r3', 'other')],
      [line('k', 'c'), first],
    ]);
    expect(parts.map((part) => [part.metadata.actor, idsOf(part)])).toEqual([
      ['a', ['a', 'c']],
      ['other', ['b']],
    ]);
    expect(parts[0]?.metadata).not.toHaveProperty('requestOffsets');
  });

  it.each(['ü', '😀', 'x'])('go to several events of no more than 1 MB each: of %s', (letter) => {
    const sent = Array.from({ length: 40 }, (_, index): [Sent, Caller] => [
      line('k', `t${String(index)}`),
      first,
    ]);
    const parts = recorded(sent, letter.repeat(60_000));
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(parts.map(({ stream }) => stream)).size).toBe(1);
    expect(parts.flatMap(idsOf)).toEqual(sent.map(([{ id }]) => id));
    for (const { lines } of parts) {
      expect(Buffer.byteLength(JSON.stringify(lines))).toBeLessThan(1_000_000);
    }
  });

  it('are all there once, under their key and month, in the order they were sent', () => {
    const sent = fc.tuple(
      fc.record({
        key: fc.oneof(fc.constantFrom('k', 'k 2024-10', '2024-10 k'), names),
        id: names,
        timestamp: instants,
      }),
      fc.constantFrom(first, second),
    );
    fc.assert(
      fc.property(fc.array(sent), (lines) => {
        const parts = recorded(lines);
        for (const part of parts) {
          const ofGroup = lines.filter(
            ([{ key, timestamp }]) =>
              key === part.key && usageStream(key, instant(timestamp)) === part.stream,
          );
          expect(idsOf(part)).toEqual(ofGroup.map(([{ id }]) => id));
          const { requestIds, requestOffsets = [0] } = part.metadata;
          const senders = part.lines.map((_, index) => {
            const place = requestOffsets.findLastIndex((offset) => offset <= index);
            return requestIds[place];
          });
          expect(senders).toEqual(ofGroup.map(([, { requestId }]) => requestId));
        }
        expect(parts.flatMap(idsOf)).toHaveLength(lines.length);
      }),
    );
  });
});
