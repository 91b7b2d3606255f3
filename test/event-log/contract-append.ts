import { describe, expect, it } from 'vitest';
import { RevisionConflict, type EventLog } from '../../src/application/ports.ts';
import { type OpenLog } from './support.ts';
import { event, events, ids, metadata } from './support-events.ts';

const streamIds = async (log: EventLog, stream: string): Promise<readonly string[]> =>
  ids(await log.readStream(stream));

const conflictAt = (stream: string, revision: number): unknown =>
  expect.objectContaining({ name: 'RevisionConflict', stream, revision });

export function describeAppending(open: OpenLog): void {
  describe('append', () => {
    it('counts revisions from 0 and gives later events greater positions', async () => {
      const { log } = await open();
      const first = await log.append('order-1', 'no_stream', events('a', 'b'));
      const other = await log.append('order-2', 'no_stream', events('c'));
      const second = await log.append('order-1', 1, events('d'));
      expect([first.revision, other.revision, second.revision]).toEqual([1, 0, 2]);
      expect(first.position > 1n && other.position > first.position).toBe(true);
      expect(second.position > other.position).toBe(true);
      expect(await streamIds(log, 'order-1')).toEqual(['a', 'b', 'd']);
    });

    it('answers with the place at which the last event is read', async () => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a'));
      const appended = await log.append('order-1', 'any', events('b', 'c'));
      const [last] = await log.readStream('order-1', { direction: 'backwards', maxCount: 1 });
      expect(last).toMatchObject({ ...appended, id: 'c', stream: 'order-1' });
      expect(await log.head()).toBe(appended.position);
    });

    it('appends wherever the stream stands when any revision will do', async () => {
      const { log } = await open();
      expect((await log.append('order-1', 'any', events('a'))).revision).toBe(0);
      expect((await log.append('order-1', 'any', events('b', 'c'))).revision).toBe(2);
    });

    it.each([
      ['no_stream', 1],
      [0, 1],
      [2, 1],
    ] as const)('conflicts when %s is expected of a stream at %i', async (expected, revision) => {
      const { log } = await open();
      await log.append('order-1', 'no_stream', events('a', 'b'));
      const head = await log.head();
      const append = log.append('order-1', expected, events('x', 'y'));
      await expect(append).rejects.toEqual(conflictAt('order-1', revision));
      await expect(append).rejects.toBeInstanceOf(RevisionConflict);
      expect(await streamIds(log, 'order-1')).toEqual(['a', 'b']);
      expect(await log.head()).toBe(head);
    });

    it('conflicts at revision -1 when events are expected of a stream that has none', async () => {
      const { log } = await open();
      await expect(log.append('order-1', 0, events('a'))).rejects.toEqual(
        conflictAt('order-1', -1),
      );
    });

    it('refuses what can only be a mistake, and writes nothing', async () => {
      const { log } = await open();
      await expect(log.append('order-1', 'any', [])).rejects.toThrow('at least one event');
      await expect(log.append('', 'any', events('a'))).rejects.toThrow('a stream name');
      await expect(log.append('a\0b', 'any', events('a'))).rejects.toThrow('a stream name');
      await expect(log.append('order-1', 'any', events(''))).rejects.toThrow('an event id');
      await expect(log.append('order-1', -1, events('a'))).rejects.toThrow('expected revision');
      await expect(log.append('order-1', 0.5, events('a'))).rejects.toThrow('expected revision');
      const bad = [event('a'), event('b', { price: { amount: 1n } })];
      await expect(log.append('order-1', 'any', bad)).rejects.toThrow(
        'SomethingHappened.price.amount',
      );
      const badMetadata = { ...event('a'), metadata: { ...metadata, trace: undefined } };
      await expect(log.append('order-1', 'any', [badMetadata])).rejects.toThrow('metadata.trace');
      expect((await log.readAll()).events).toEqual([]);
    });
  });

  describe('the identical append again', () => {
    it('gets the first answer and writes nothing, also behind later events', async () => {
      const { log } = await open();
      const first = await log.append('order-1', 'no_stream', events('a', 'b'));
      const second = await log.append('order-1', 1, events('c'));
      await log.append('order-1', 2, events('d'));
      await log.append('order-2', 'no_stream', events('e'));
      expect(await log.append('order-1', 'no_stream', events('a', 'b'))).toEqual(first);
      expect(await log.append('order-1', 1, events('c'))).toEqual(second);
      expect(ids((await log.readAll()).events)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    it('gets the first answer when both arrive together', async () => {
      const { log } = await open();
      const twice = [1, 2].map(() => log.append('order-1', 'no_stream', events('a', 'b')));
      const [first, second] = await Promise.all(twice);
      expect(second).toEqual(first);
      expect(await streamIds(log, 'order-1')).toEqual(['a', 'b']);
    });

    it.each([
      ['more events than were written', ['a', 'b', 'c']],
      ['other events behind the same first one', ['a', 'x']],
      ['the same events in another order', ['b', 'a']],
    ])('conflicts with %s', async (_case, retried) => {
      const { log } = await open();
      await log.append('order-1', 'no_stream', events('a', 'b'));
      const append = log.append('order-1', 'no_stream', events(...retried));
      await expect(append).rejects.toEqual(conflictAt('order-1', 1));
      expect(await streamIds(log, 'order-1')).toEqual(['a', 'b']);
    });

    it('conflicts at another expected revision, and in another stream is another append', async () => {
      const { log } = await open();
      await log.append('order-1', 'no_stream', events('a'));
      await log.append('order-1', 0, events('b', 'c'));
      await expect(log.append('order-1', 1, events('b'))).rejects.toEqual(conflictAt('order-1', 2));
      expect((await log.append('order-2', 'no_stream', events('a'))).revision).toBe(0);
    });

    it('gets the first answer after the log was opened anew', async ({ skip }) => {
      const { log, reopen } = await open();
      if (reopen === undefined) return skip('nothing of this log outlives it');
      const first = await log.append('order-1', 'no_stream', events('a', 'b'));
      await log.append('order-1', 1, events('c'));
      const again = await reopen();
      expect(await again.append('order-1', 'no_stream', events('a', 'b'))).toEqual(first);
      const other = again.append('order-1', 'no_stream', events('a', 'x'));
      await expect(other).rejects.toEqual(conflictAt('order-1', 2));
      expect(await streamIds(again, 'order-1')).toEqual(['a', 'b', 'c']);
    });
  });

  describe('appends that race', () => {
    it('have one winner at one revision', async () => {
      const { log } = await open();
      await log.append('order-1', 'no_stream', events('a'));
      const racers = Array.from({ length: 50 }, (_, index) => `racer-${String(index)}`);
      const settled = await Promise.allSettled(
        racers.map((id) => log.append('order-1', 0, events(id, `${id}-b`))),
      );
      const winner = settled.findIndex(({ status }) => status === 'fulfilled');
      const losers = settled.filter((outcome) => outcome.status === 'rejected');
      expect(losers).toHaveLength(49);
      for (const { reason } of losers) expect(reason).toEqual(conflictAt('order-1', 2));
      const racer = racers[winner] ?? '';
      expect(await streamIds(log, 'order-1')).toEqual(['a', racer, `${racer}-b`]);
    });

    it('do not fail those that came with them, and are ordered by position', async () => {
      const { log } = await open();
      const requests = Array.from({ length: 40 }, (_, index) => ({
        stream: `order-${String(index % 4)}`,
        expected: index % 5 === 4 ? 999 : ('any' as const),
        id: `e${String(index)}`,
      }));
      const settled = await Promise.allSettled(
        requests.map(({ stream, expected, id }) => log.append(stream, expected, events(id))),
      );
      const appended = settled.flatMap((outcome, index) =>
        outcome.status === 'fulfilled' ? [{ ...outcome.value, id: requests[index]?.id }] : [],
      );
      expect(appended).toHaveLength(32);
      const inOrder = appended.toSorted((a, b) => (a.position < b.position ? -1 : 1));
      const { events: all } = await log.readAll();
      expect(all.map(({ id, revision, position }) => ({ id, revision, position }))).toEqual(
        inOrder,
      );
    });
  });

  it('answers nothing after it was closed, but finishes what it was given', async () => {
    const { log, reopen } = await open();
    const pending = log.append('order-1', 'no_stream', events('a'));
    await log.close();
    expect((await pending).revision).toBe(0);
    const unavailable = expect.objectContaining({ name: 'Unavailable' });
    await expect(log.append('order-1', 'any', events('b'))).rejects.toEqual(unavailable);
    await expect(log.readStream('order-1')).rejects.toEqual(unavailable);
    await expect(log.readAll()).rejects.toEqual(unavailable);
    await expect(log.head()).rejects.toEqual(unavailable);
    await log.close();
    if (reopen !== undefined) expect(await streamIds(await reopen(), 'order-1')).toEqual(['a']);
  });
}
