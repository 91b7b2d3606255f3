import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRunner } from '../../projections/runner.ts';
import { openStore } from '../../projections/store.ts';
import { mainProjections, mainStreams, type MainTables } from '../../projections/tables.ts';
import { openClock } from '../../src/application/clock.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type InvoiceEvent } from '../../src/invoices/events.ts';
import { line } from '../payments/content.ts';
import {
  contractCreated,
  customerCreated,
  invoiceFinalized,
  periodClosed,
} from '../support/main-events.ts';
import { type FakeFault } from '../support/fake-stripe-server.ts';
import { startFakeStripe, type FakeStripe } from '../support/fake-stripe.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { recorded, type MainEvent } from '../support/recorded.ts';
import { senderOf } from '../support/stripe-senders.ts';

const customers = 100;
const months = 10;
const count = customers * months;
const never = new AbortController().signal;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The customer's months: invoice 12 is of 12.34 = 11.34 + 1.00, and so on. */
function historyOf(customer: number): MainEvent[] {
  const customerId = `cus_${String(customer)}`;
  const contractId = `con_${String(customer)}`;
  const billingConfig = {
    provider: 'STRIPE',
    providerCustomerId: `stripe_${String(customer)}`,
    collectionMethod: 'CHARGE_AUTOMATICALLY',
  } as const;
  const invoices = Array.from({ length: months }, (_, index): MainEvent[] => {
    const invoiceId = `inv_${String(customer)}_${String(index)}`;
    const period = { customerId, contractId, index, cut: index + 1, invoiceId };
    const lines = [
      line(1, { lineId: `${invoiceId}_1`, amount: `${String(index)}.34` }),
      line(2, { lineId: `${invoiceId}_2`, amount: '1' }),
    ];
    const total = `${String(index + 1)}.34`;
    return [periodClosed(period), { ...invoiceFinalized(period, index + 1), lines, total }];
  });
  const customerOf = { ...customerCreated(customerId), billingConfig };
  return [customerOf, contractCreated(customerId, contractId), ...invoices.flat()];
}

async function fill(log: EventLog): Promise<void> {
  const events = Array.from({ length: customers }, (_, customer) => historyOf(customer)).flat();
  for (const { stream, event, metadata, id } of recorded(...events)) {
    await log.append(stream, 'any', [{ id, event, metadata }]);
  }
}

/** Another process's part: its own read models, and what sends by them. */
async function openProcess(log: EventLog, stripe: FakeStripe) {
  const folder = await temporaryFolder();
  const main = await openStore<MainTables>({
    folder: folder.path,
    name: 'main',
    projections: mainProjections,
  });
  const runner = await startRunner({
    log,
    store: main,
    streamPrefixes: mainStreams,
    logger: silent,
  });
  const models = { main, waitForMain: runner.waitFor };
  const clock = await openClock(log, null);
  const { sender, sendings } = senderOf({ log, clock, models }, stripe);
  return {
    async sendAll() {
      await runner.waitFor(await log.head(), 30_000);
      while ((await sendings.pending(0n, 1)).length > 0) {
        await sender.run(never);
        await sender.settled();
      }
    },
    sender,
    counts: () => sendings.counts(),
    async close() {
      await runner.stop();
      await main.close();
      await folder.remove();
    },
  };
}

const faults: readonly FakeFault[] = ['503-before', '503-after', '429', '500-before', '500-after'];

describe('two billers without a lease, a thousand invoices, and a Stripe that fails one call in five', () => {
  let stripe: FakeStripe;
  let log: EventLog;
  const processes: Awaited<ReturnType<typeof openProcess>>[] = [];

  beforeAll(async () => {
    stripe = await startFakeStripe();
    for (let customer = 0; customer < customers; customer += 1) {
      stripe.addCustomer(`stripe_${String(customer)}`);
    }
    stripe.fault = ({ index }) =>
      index % 5 === 0 ? faults[(index / 5) % faults.length] : undefined;
    log = memoryLog();
    await fill(log);
    processes.push(await openProcess(log, stripe), await openProcess(log, stripe));
    await Promise.all(processes.map((one) => one.sendAll()));
  }, 240_000);

  afterAll(async () => {
    for (const one of processes) await one.close();
    await stripe.close();
  });

  it('send every invoice once, with its own total', () => {
    expect(stripe.state.invoices.size).toBe(count);
    for (let customer = 0; customer < customers; customer += 1) {
      for (let index = 0; index < months; index += 1) {
        const invoices = stripe.invoicesOf(`inv_${String(customer)}_${String(index)}`);
        const total = (index + 1) * 100 + 34;
        expect(invoices).toMatchObject([
          { total, status: 'open', customer: `stripe_${String(customer)}` },
        ]);
        expect(stripe.itemsOf(invoices[0]?.id ?? '')).toHaveLength(2);
      }
    }
  });

  it('record each once, as it stands there', async () => {
    const { events } = await log.readAll();
    const sent = events
      .map(({ event }) => event as InvoiceEvent)
      .filter((event) => event.type === 'InvoiceSent');
    expect(sent).toHaveLength(count);
    expect(new Set(sent.map(({ invoiceId }) => invoiceId)).size).toBe(count);
    for (const { invoiceId, externalId, status } of sent) {
      expect(stripe.invoicesOf(invoiceId)[0]?.id).toBe(externalId);
      expect(status).toBe('FINALIZED');
    }
    expect(events.some(({ event }) => event.type === 'InvoiceSendingFailed')).toBe(false);
    for (const one of processes) expect(await one.counts()).toEqual({ queued: 0, failed: 0 });
  });

  it('have stumbled on the way', () => {
    const failed = stripe.calls.filter((call) => stripe.fault(call) !== undefined);
    expect(failed.length).toBeGreaterThan(count);
  });
});
