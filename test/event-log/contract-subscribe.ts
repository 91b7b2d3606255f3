import { describe, expect, it } from 'vitest';
import { type EventLog, type LogBatch, type Subscription } from '../../src/application/ports.ts';
import { type OpenLog } from './support.ts';
import { events, ids } from './support-events.ts';

type Options = Omit<Subscription, 'signal'>;

/** A subscription taken batch by batch; `abort` ends it. */
function subscription(log: EventLog, options: Options = {}) {
  const controller = new AbortController();
  const batches = log.subscribe({ ...options, signal: controller.signal })[Symbol.asyncIterator]();
  return {
    next: async (): Promise<LogBatch | undefined> => {
      const { done, value } = await batches.next();
      return done === true ? undefined : value;
    },
    /** Takes batches until those ids were seen. */
    async take(count: number): Promise<readonly string[]> {
      const seen: string[] = [];
      while (seen.length < count) {
        const { done, value } = await batches.next();
        if (done === true) return seen;
        seen.push(...ids(value.events));
      }
      return seen;
    },
    abort: (): void => {
      controller.abort();
    },
  };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

export function describeSubscribing(open: OpenLog): void {
  describe('subscribe', () => {
    it('gives what is there, then what comes, each event once and in order', async () => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a', 'b', 'c'));
      const live = subscription(log, { batchSize: 2 });
      expect(await live.take(3)).toEqual(['a', 'b', 'c']);
      const waiting = live.take(1);
      await pause();
      await log.append('order-2', 'any', events('d'));
      expect(await waiting).toEqual(['d']);
      await log.append('order-1', 'any', events('e'));
      await log.append('order-1', 'any', events('f'));
      expect(await live.take(2)).toEqual(['e', 'f']);
      live.abort();
      expect(await live.next()).toBeUndefined();
    });

    it('starts after a position, in batches of at most the size asked for', async () => {
      const { log } = await open();
      const { position } = await log.append('order-1', 'any', events('a', 'b'));
      await log.append('order-1', 'any', events('c', 'd', 'e'));
      const live = subscription(log, { after: position, batchSize: 2 });
      const [first, second] = [await live.next(), await live.next()];
      expect([ids(first?.events ?? []), ids(second?.events ?? [])]).toEqual([['c', 'd'], ['e']]);
      expect(first?.through).toBe(first?.events[1]?.position);
      expect(second?.through).toBe(await log.head());
      live.abort();
    });

    it('reads the next batch only when it is asked for', async () => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a', 'b'));
      const live = subscription(log, { batchSize: 1 });
      expect(ids((await live.next())?.events ?? [])).toEqual(['a']);
      await log.append('order-1', 'any', events('c'));
      await pause();
      expect(await live.take(2)).toEqual(['b', 'c']);
      live.abort();
    });

    it('reports how far the log was looked at when only filtered events came', async () => {
      const { log } = await open();
      const live = subscription(log, { streamPrefixes: ['order-'] });
      const waiting = live.next();
      const { position } = await log.append('usage-1', 'any', events('x', 'y'));
      const batch = await waiting;
      expect(batch?.events).toEqual([]);
      expect(batch?.through).toBe(position);
      await log.append('usage-1', 'any', events('z'));
      await log.append('order-1', 'any', events('a'));
      expect(await live.take(1)).toEqual(['a']);
      live.abort();
    });

    it('ends when its signal aborts: while it waits, between batches, before it starts', async () => {
      const { log } = await open();
      const waiting = subscription(log);
      const next = waiting.next();
      await pause();
      waiting.abort();
      expect(await next).toBeUndefined();
      await log.append('order-1', 'any', events('a', 'b'));
      const between = subscription(log, { batchSize: 1 });
      expect(await between.take(1)).toEqual(['a']);
      between.abort();
      expect(await between.next()).toBeUndefined();
      const early = subscription(log);
      early.abort();
      expect(await early.next()).toBeUndefined();
    });

    it('serves many at once, each at its own pace', async () => {
      const { log } = await open();
      const all = Array.from({ length: 30 }, (_, index) => `e${String(index)}`);
      const many = Array.from({ length: 12 }, (_, index) =>
        subscription(log, { batchSize: index + 1 }),
      );
      const seen = Promise.all(many.map((live) => live.take(all.length)));
      for (const id of all.slice(0, 10)) await log.append('order-1', 'any', events(id));
      for (const id of all.slice(10)) void log.append('order-1', 'any', events(id));
      expect(await seen).toEqual(many.map(() => all));
      for (const live of many) live.abort();
    });

    it('misses nothing while appends go on', async () => {
      const { log } = await open();
      const all = Array.from({ length: 300 }, (_, index) => `e${String(index)}`);
      const live = subscription(log, { batchSize: 7 });
      const seen = live.take(all.length);
      await Promise.all(
        all.map((id, index) => log.append(`order-${String(index % 9)}`, 'any', events(id))),
      );
      expect(await seen).toEqual(all);
      live.abort();
    });

    it('fails as unavailable when the log is closed under it', async () => {
      const { log } = await open();
      const live = subscription(log);
      const next = live.next();
      const failure = expect(next).rejects.toMatchObject({ name: 'Unavailable' });
      await pause();
      await log.close();
      await failure;
    });

    it('refuses a batch size that makes no sense', async () => {
      const { log } = await open();
      expect(() => subscription(log, { batchSize: 0 })).toThrow('batchSize');
    });
  });
}
