import { describe, expect, it } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type InvoiceEvent } from '../../src/invoices/events.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, done } from '../application/engine.ts';
import { hooked } from '../application/logs.ts';
import { openShop, signUp, used } from '../laws/shop.ts';
import { openWorld, start, type World } from '../laws/world.ts';
import { type FakeStripe } from '../support/fake-stripe.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { senderOf } from '../support/stripe-senders.ts';
import { withStripe } from '../support/stripe-world.ts';

/** A process that dies just before or after something it does, the log and Stripe alike. */
function mortal(log: EventLog, stripe: FakeStripe, stepsToLive: number) {
  let steps = 0;
  const dead = new AbortController();
  const isDead = (): boolean => {
    if (steps > stepsToLive) dead.abort();
    return dead.signal.aborted;
  };
  const step = (): void => {
    steps += 1;
    if (isDead()) throw new Error('the power went out');
  };
  stripe.fault = () => {
    steps += 1;
    if (isDead()) return '503-before';
    steps += 1;
    return isDead() ? '503-after' : undefined;
  };
  return { log: hooked(log, { before: step, after: step }), isDead, dead: dead.signal };
}

/** A customer of Stripe's, with an October in which something was used. */
async function prepare(world: World): Promise<string> {
  const { rateCardId } = await openShop(world);
  const { customerId, contractId } = await signUp(world, rateCardId, {}, ['alias']);
  const billingConfig = {
    provider: 'STRIPE',
    providerCustomerId: 'cus_stripe',
    collectionMethod: 'SEND_INVOICE',
  } as const;
  await done(world.engine.setBillingConfig({ customerId, billingConfig }, caller));
  const events = [used('alias', 't1', addHours(start, 5), 3)];
  await done(world.engine.recordUsage(events, caller));
  return invoiceIdOf(contractId, 'USAGE', start, 0);
}

/** Finalizes what is due, sends it, and perhaps voids it and withdraws it; then all is done. */
async function live(
  log: EventLog,
  folder: string,
  stripe: FakeStripe,
  voided: string | null,
  dead: AbortSignal = new AbortController().signal,
): Promise<void> {
  const world = await openWorld(log, folder);
  const { sender, sendings } = senderOf(world, stripe);
  const sendAll = async (): Promise<void> => {
    await world.settle();
    while (!dead.aborted && (await sendings.pending(0n, 1)).length > 0) {
      await sender.run(dead);
      await sender.settled();
      await world.settle();
    }
  };
  try {
    await done(world.engine.advanceTestClock({ to: '2024-11-03T00:00:00.000Z' }, caller));
    await sendAll();
    if (voided === null) return;
    await done(world.engine.voidInvoice({ invoiceId: voided, reason: null }, caller));
    await sendAll();
  } catch (error) {
    if (!dead.aborted) throw error;
  } finally {
    await sender.settled();
    await world.close();
  }
}

const eventsOf = async (log: EventLog, invoiceId: string): Promise<InvoiceEvent[]> =>
  (await log.readStream(`invoice-${invoiceId}`)).map(({ event }) => event as InvoiceEvent);

/** Plays it to the end, dying after so many steps; whether it came to that. */
const dyingAfter = (stepsToLive: number, isVoided: boolean, keysAreForgotten: boolean) =>
  withStripe(async (stripe) => {
    stripe.addCustomer('cus_stripe');
    const folder = await temporaryFolder();
    const log = memoryLog();
    const first = await openWorld(log, folder.path);
    const invoiceId = await prepare(first);
    await first.close();
    const voided = isVoided ? invoiceId : null;
    const dying = mortal(log, stripe, stepsToLive);
    await live(dying.log, folder.path, stripe, voided, dying.dead);
    const died = dying.isDead();
    stripe.fault = () => undefined;
    if (keysAreForgotten) stripe.forgetKeys();
    await live(log, folder.path, stripe, voided);
    await folder.remove();
    const after = `dead after step ${String(stepsToLive)}`;
    const events = await eventsOf(log, invoiceId);
    const types = events.map(({ type }) => type);
    const sent = ['InvoiceFinalized', 'InvoiceSent'];
    const voiding = ['InvoiceVoided', 'InvoicePaymentUpdated'];
    expect(types, after).toEqual(isVoided ? [...sent, ...voiding] : sent);
    // 1 x 0.1 of COUNT, 3 x 0.1 of SUM, MAX and LATEST, 1 x 0.1 of UNIQUE: 0.1 + 0.9 + 0.1.
    const status = isVoided ? 'void' : 'open';
    expect(events[0], after).toMatchObject({ total: '1.1' });
    expect([...stripe.state.invoices.values()], after).toMatchObject([{ total: 110, status }]);
    return died;
  });

describe('finalizing and sending an invoice, ended at any step', () => {
  it.each([
    ['while Stripe knows the keys', false],
    ['when Stripe has forgotten the keys', true],
  ])(
    'comes to one invoice here and one there, %s',
    async (_when, keysAreForgotten) => {
      let steps = 0;
      while (await dyingAfter(steps, false, keysAreForgotten)) steps += 1;
      // Three or more appends and eleven calls, each with a before and an after.
      expect(steps).toBeGreaterThan(25);
    },
    120_000,
  );

  it('and voiding it, comes to one that is void here and there', async () => {
    let steps = 0;
    while (await dyingAfter(steps, true, steps % 2 === 0)) steps += 1;
    expect(steps).toBeGreaterThan(32);
  }, 120_000);
});
