import { createServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import * as invoices from './fake-stripe-invoices.ts';
import { type FakeInvoice, type FakeItem, type FakeState } from './fake-stripe-state.ts';
import { respond, type Answers, type FakeCall, type FakeFault } from './fake-stripe-server.ts';
import { createWebhooks, type Webhooks } from './fake-stripe-webhooks.ts';

export const fakeWebhookSecret = 'whsec_fake0123456789';

/** Stripe as paygo uses it: strict, on loopback. */
export type FakeStripe = {
  readonly url: string;
  readonly state: FakeState;
  readonly calls: readonly FakeCall[];
  readonly webhooks: Webhooks;
  /** Asked before each call. */
  fault: (call: FakeCall) => FakeFault | undefined;
  /** As Stripe does after a day. */
  forgetKeys(): void;
  addCustomer(id: string, email?: string): void;
  pay(invoiceId: string): FakeInvoice;
  failPayment(invoiceId: string): FakeInvoice;
  markUncollectible(invoiceId: string): void;
  itemsOf(invoiceId: string): readonly FakeItem[];
  /** Those that stand for paygo's invoice of that id. */
  invoicesOf(paygoInvoiceId: string): readonly FakeInvoice[];
  close(): Promise<void>;
};

export async function startFakeStripe(): Promise<FakeStripe> {
  const webhooks = createWebhooks();
  const state = emptyState(webhooks);
  const answers: Answers = new Map();
  const calls: FakeCall[] = [];
  const server = createServer((request, response) => {
    const faultOf = (call: FakeCall): FakeFault | undefined => fake.fault(call);
    void respond({ state, calls, answers, faultOf }, request, response);
  });

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fake: FakeStripe = {
    url: `http://127.0.0.1:${String(port)}`,
    state,
    calls,
    webhooks,
    fault: () => undefined,
    forgetKeys: () => {
      answers.clear();
    },
    addCustomer: (id, email = `${id}@customer.com`) => {
      const base = { object: 'customer', created: state.now(), description: null } as const;
      const more = { name: id, metadata: {}, balance: 0, currency: null };
      state.customers.set(id, { id, email, ...base, ...more });
    },
    pay: (id) => invoices.payInvoice(state, id),
    failPayment: (id) => invoices.failPayment(state, id),
    markUncollectible: (id) => {
      invoices.markUncollectible(state, id, new Map());
    },
    itemsOf: (id) => invoices.itemsOf(state, id),
    invoicesOf: (id) =>
      [...state.invoices.values()].filter(({ metadata }) => metadata['paygo_invoice_id'] === id),
    async close() {
      webhooks.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

function emptyState(webhooks: Webhooks): FakeState {
  let ids = 0;
  const nextId = (prefix: string): string => {
    ids += 1;
    return `${prefix}_fake${String(ids).padStart(8, '0')}`;
  };
  const now = (): number => Math.floor(Date.now() / 1000);
  return {
    customers: new Map(),
    invoices: new Map(),
    items: new Map(),
    balances: new Map(),
    mails: new Map(),
    nextId,
    now,
    tell: (type, object) => {
      const head = { id: nextId('evt'), object: 'event', type, created: now() } as const;
      webhooks.send({ ...head, api_version: 'fake', data: { object: structuredClone(object) } });
    },
  };
}
