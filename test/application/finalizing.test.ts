import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openClock } from '../../src/application/clock.ts';
import { createEngine } from '../../src/application/create-engine.ts';
import { TimedOut, type Billing } from '../../src/application/ports.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { caller, contractAsked, done, idleBilling, month, october, shop } from './engine.ts';
import { gate } from './logs.ts';

// The promises of node's timers are not among those that the fake timers replace.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms, value);
    }),
}));
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A process on 1 November with an October to finalize, over these read models. */
async function withOctober(change: Partial<Billing>) {
  const log = memoryLog();
  const known = { customerId: '' };
  const billing: Billing = {
    ...idleBilling,
    customerOf: () => Promise.resolve(known.customerId),
    ...change,
  };
  const clock = await openClock(log, month(1));
  const { engine } = createEngine({ log, clock, billing, graceHours: 24 });
  const { customerId, rateCardId } = await shop(engine);
  known.customerId = customerId;
  const input = contractAsked(customerId, rateCardId);
  const { contractId } = await done(engine.createContract({ input, idempotencyKey: null }, caller));
  const invoiceId = invoiceIdOf(contractId, 'USAGE', october, 0);
  const closings = async () =>
    (await log.readAll()).events.filter(({ event }) => event.type === 'PeriodClosed').length;
  return { finalize: () => engine.finalizeInvoice({ invoiceId }, caller), invoiceId, closings };
}

const recorded = { name: 'TimedOut', recorded: true };

describe('finalizing an invoice', () => {
  it.each(['waitFor', 'unpublishedClosings'] as const)(
    'gives up after ten seconds when %s does not answer, and says that it is recorded',
    async (slow) => {
      const answers = gate();
      const { finalize, invoiceId, closings } = await withOctober({
        [slow]: () => answers.passed.then(() => []),
      });
      const outcome = finalize().catch((error: unknown) => error);
      const settled = vi.fn();
      void outcome.then(settled);
      await vi.advanceTimersByTimeAsync(9_999);
      expect(settled).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      expect(settled).toHaveBeenCalled();
      expect(await outcome).toMatchObject(recorded);
      expect(await closings()).toBe(1);
      answers.open();
      expect(await finalize()).toMatchObject({ result: { invoiceId } });
      expect(await closings()).toBe(1);
    },
  );

  it('says that it is recorded when the read models are late with it', async () => {
    const { finalize, closings } = await withOctober({
      waitFor: () => Promise.reject(new TimedOut('usage lags')),
    });
    await expect(finalize()).rejects.toMatchObject(recorded);
    expect(await closings()).toBe(1);
  });

  it('does not say so when the read models are late before it is', async () => {
    const { finalize, closings } = await withOctober({
      lateSince: () => Promise.reject(new TimedOut('usage lags')),
    });
    await expect(finalize()).rejects.toMatchObject({ name: 'TimedOut', recorded: false });
    expect(await closings()).toBe(0);
  });

  it('fails as what follows fails, when that is not for the time', async () => {
    const { finalize } = await withOctober({ waitFor: () => Promise.reject(new Error('broken')) });
    await expect(finalize()).rejects.toThrow('broken');
  });
});
