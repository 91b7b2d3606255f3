import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../src/application/backoff.ts';
import { openClock } from '../../src/application/clock.ts';
import {
  ProviderUnavailable,
  type OutgoingInvoice,
  type PaymentProvider,
  type PendingInvoice,
  type Sendings,
} from '../../src/application/payment-ports.ts';
import { createSender } from '../../src/application/sending.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type Instant } from '../../src/kernel/calendar.ts';
import { outgoing } from '../payments/content.ts';

const signal = new AbortController().signal;
const done = { externalId: 'in_1', status: 'FINALIZED', hostedUrl: null } as const;

/** Invoices that wait for ever, and what a provider does with each. */
async function sending(
  pending: readonly PendingInvoice[],
  push: (invoice: OutgoingInvoice) => ReturnType<PaymentProvider['push']>,
  testClock: Instant | null = null,
) {
  const asked: OutgoingInvoice[] = [];
  const pages: number[] = [];
  const said: object[] = [];
  const sendings: Sendings = {
    pending: (after, limit) => {
      const page = pending.filter(({ position }) => position > after).slice(0, limit);
      pages.push(page.length);
      return Promise.resolve(page);
    },
    outgoing: (invoiceId) => {
      const { since: _since, ...rest } = outgoing({ invoiceId });
      return Promise.resolve({ ...rest, toDo: 'SEND' });
    },
    counts: () => Promise.resolve({ queued: 0, failed: 0 }),
    hasPayers: () => Promise.resolve(true),
    waitFor: () => Promise.resolve(),
  };
  const provider: PaymentProvider = {
    push: (invoice) => {
      asked.push(invoice);
      return push(invoice);
    },
    withdraw: () => Promise.resolve(null),
  };
  const say = (details: object): void => void said.push(details);
  const logger = { debug: say, info: say, warn: say, error: say };
  const log = memoryLog();
  const clock = await openClock(log, testClock);
  const sender = createSender({
    ...{ log, clock, sendings, provider, logger },
    times: { baseMs: 40, maxMs: 80 },
  });
  const ids = () => asked.map(({ content }) => content.invoiceId);
  return { sender, asked, ids, pages, said };
}

const waits = (index: number, payer = `payer_${String(index)}`): PendingInvoice => ({
  invoiceId: `inv_${String(index)}`,
  payer,
  position: BigInt(index),
});
const stuck = () => new Promise<never>(() => undefined);

describe('sending', () => {
  it('is not held up by a customer whose calls hang or fail', async () => {
    const pending = [waits(1, 'bad'), waits(2, 'bad'), waits(3), waits(4, 'worse'), waits(5)];
    const { sender, ids } = await sending(pending, ({ content: { invoiceId } }) => {
      if (invoiceId === 'inv_1') return stuck();
      if (invoiceId === 'inv_4') return Promise.reject(new Error('broken'));
      return Promise.resolve(done);
    });
    await sender.run(signal);
    await sleep(5);
    expect(ids()).toEqual(['inv_1', 'inv_3', 'inv_4', 'inv_5']);
  });

  it('works on four customers at most', async () => {
    const { sender, ids } = await sending(
      [1, 2, 3, 4, 5, 6].map((index) => waits(index)),
      stuck,
    );
    void sender.run(signal);
    await sleep(20);
    expect(ids()).toHaveLength(4);
  });

  it('tries again what failed, later and later', async () => {
    const unavailable = () => Promise.reject(new ProviderUnavailable('no answer'));
    const { sender, ids, said } = await sending([waits(1)], unavailable);
    const startedAt = performance.now();
    while (ids().length < 3) {
      await sender.run(signal);
      await sleep(1);
    }
    // At least half of 40, and half of 80.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60);
    expect(said[0]).toEqual({ invoiceId: 'inv_1', reason: 'Unavailable: no answer' });
  });

  it('leaves the provider alone as long as it asks for', async () => {
    const busy = () => Promise.reject(new ProviderUnavailable('too many', 120));
    const pending = [1, 2, 3, 4, 5, 6].map((index) => waits(index));
    const { sender, ids } = await sending(pending, busy);
    await sender.run(signal);
    await sender.settled();
    expect(ids()).toHaveLength(4);
    await sleep(90);
    await sender.run(signal);
    expect(ids()).toHaveLength(4);
    await sleep(60);
    await sender.run(signal);
    expect(ids().slice(4).length).toBeGreaterThan(0);
  });

  it('looks through all that waits in pages', async () => {
    const pending = Array.from({ length: 450 }, (_, index) => waits(index + 1));
    const { sender, pages, ids } = await sending(pending, () => Promise.resolve(done));
    await sender.run(signal);
    await sender.settled();
    expect(pages).toEqual([200, 200, 50]);
    expect(new Set(ids()).size).toBe(450);
  });

  it('asks the provider for what is no older than the invoice, clocks apart', async () => {
    const { sender, asked } = await sending([waits(1)], () => Promise.resolve(done));
    await sender.run(signal);
    await sender.settled();
    // Issued on 2 April 2025.
    expect(asked[0]?.since).toBe('2025-04-01T00:00:00.000Z');
  });

  it('asks it for all there is where a test clock tells the time', async () => {
    const startsAt = '2031-01-01T00:00:00.000Z';
    const { sender, asked } = await sending([waits(1)], () => Promise.resolve(done), startsAt);
    await sender.run(signal);
    await sender.settled();
    expect(asked[0]?.since).toBeNull();
  });

  it('begins nothing once it is to end', async () => {
    const { sender, ids } = await sending([waits(1)], () => Promise.resolve(done));
    await sender.run(AbortSignal.abort());
    expect(ids()).toEqual([]);
  });
});

describe('waiting to try again', () => {
  it('is forgotten with success, and never grows beyond its bound', () => {
    const backoff = createBackoff({ baseMs: 1000, maxMs: 2000 });
    expect(backoff.isWaiting('one')).toBe(false);
    for (let time = 0; time < 2000; time += 1) backoff.fail('one', 0);
    expect(backoff.isWaiting('one')).toBe(true);
    expect(backoff.isWaiting('two')).toBe(false);
    backoff.forget('one');
    expect(backoff.isWaiting('one')).toBe(false);
    expect([...backoff.ids()]).toEqual([]);
  });
});
