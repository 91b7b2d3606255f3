import { describe, expect, it } from 'vitest';
import { externalInvoices } from '../../projections/external-invoices.ts';
import { createSendings } from '../../projections/sendings.ts';
import { type BillingConfig, type BillingConfigSet } from '../../src/customers/events.ts';
import {
  type InvoiceEvent,
  type InvoiceFinalized,
  type ProviderStatus,
} from '../../src/invoices/events.ts';
import {
  contractCreated,
  customerCreated,
  invoiceFinalized,
  invoiceVoided,
  periodClosed,
  type Period,
} from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded, type MainEvent } from '../support/recorded.ts';

const { folded } = useStores(openMain);

const config = (providerCustomerId: string): BillingConfig => ({
  provider: 'STRIPE',
  providerCustomerId,
  collectionMethod: 'SEND_INVOICE',
});
const configSet = (billingConfig: BillingConfig | null): BillingConfigSet => ({
  type: 'BillingConfigSet',
  customerId: 'cus_1',
  billingConfig,
});
const period = (index: number): Period => ({
  customerId: 'cus_1',
  contractId: 'con_1',
  index,
  cut: index + 1,
  invoiceId: `inv_${String(index)}`,
});
let closings = 0;
const issued = (index: number, total: string): readonly MainEvent[] => {
  closings = index + 1;
  const finalized: InvoiceFinalized = { ...invoiceFinalized(period(index), closings), total };
  return [periodClosed(period(index)), finalized];
};
const signedUp: readonly MainEvent[] = [
  { ...customerCreated('cus_1'), billingConfig: config('cus_a') },
  contractCreated('cus_1', 'con_1'),
];
const whose = { invoiceId: 'inv_0', provider: 'STRIPE' } as const;
const sent: InvoiceEvent = {
  type: 'InvoiceSent',
  ...whose,
  ...{ externalId: 'in_1', status: 'FINALIZED', hostedUrl: 'https://there' },
  ...{ total: '1', currency: 'USD' },
};
const failed: InvoiceEvent = {
  type: 'InvoiceSendingFailed',
  ...whose,
  message: 'No such customer',
};
const retried: InvoiceEvent = { type: 'InvoiceSendingRetried', invoiceId: 'inv_0' };
const voided = invoiceVoided(period(0));
const updated = (
  status: ProviderStatus,
  externalId: string | null = 'in_1',
  message: string | null = null,
): InvoiceEvent => ({
  type: 'InvoicePaymentUpdated',
  ...whose,
  ...{ externalId, status, hostedUrl: 'https://there', message, causeId: 'evt_1' },
});

async function after(...events: readonly MainEvent[]) {
  const store = await folded(recorded(...events));
  const sendings = createSendings({ main: store, waitForMain: () => Promise.resolve() });
  return { sendings, reader: store.reader };
}
const pendingAfter = async (...events: readonly MainEvent[]) =>
  (await (await after(...events)).sendings.pending(0n, 100)).map(
    ({ invoiceId, payer }) => `${invoiceId} ${payer}`,
  );

describe('what waits to be sent', () => {
  it('is each invoice that comes to something, where the config was when it was finalized', async () => {
    const found = await pendingAfter(
      ...signedUp,
      ...issued(0, '1'),
      ...issued(1, '0'),
      ...issued(2, '-1.5'),
      configSet(config('cus_b')),
      ...issued(3, '0.01'),
      configSet(null),
      ...issued(4, '1'),
    );
    expect(found).toEqual(['inv_0 cus_a', 'inv_2 cus_a', 'inv_3 cus_b']);
  });

  it('is nothing from before there was a config', async () => {
    const without = [customerCreated('cus_1'), contractCreated('cus_1', 'con_1')];
    expect(await pendingAfter(...without, ...issued(0, '1'), configSet(config('a')))).toEqual([]);
  });

  it('comes page by page, oldest first', async () => {
    const events = [...issued(0, '1'), ...issued(1, '2'), ...issued(2, '3')];
    const { sendings } = await after(...signedUp, ...events);
    const [first, second] = await sendings.pending(0n, 2);
    expect([first?.invoiceId, second?.invoiceId]).toEqual(['inv_0', 'inv_1']);
    const rest = await sendings.pending(second?.position ?? 0n, 2);
    expect(rest.map(({ invoiceId }) => invoiceId)).toEqual(['inv_2']);
  });

  it('is told with all that sending needs', async () => {
    const { sendings } = await after(...signedUp, ...issued(0, '1'), failed, retried);
    expect(await sendings.outgoing('inv_0')).toMatchObject({
      content: { invoiceId: 'inv_0', total: '1' },
      number: 1,
      collection: config('cus_a'),
      externalId: null,
      retries: 1,
      toDo: 'SEND',
    });
    expect(await sendings.outgoing('inv_1')).toBeNull();
    expect(await sendings.hasPayers()).toBe(true);
    expect(await (await after(customerCreated('cus_1'))).sendings.hasPayers()).toBe(false);
  });
});

describe('what is to be done, and what is shown', () => {
  const there = { externalId: 'in_1', hostedUrl: 'https://there', lastError: null };
  const nowhere = { externalId: null, hostedUrl: null, lastError: null };
  const declined = 'Your card was declined.';

  it.each<readonly [string, readonly InvoiceEvent[], string | null, object]>([
    ['finalized', [], 'SEND', { ...nowhere, status: 'QUEUED' }],
    ['sent', [sent], null, { ...there, status: 'FINALIZED' }],
    ['refused', [failed], null, { ...nowhere, status: 'ERROR', lastError: 'No such customer' }],
    ['tried again', [failed, retried], 'SEND', { ...nowhere, status: 'QUEUED' }],
    ['paid', [sent, updated('PAID')], null, { ...there, status: 'PAID' }],
    [
      'not paid',
      [sent, updated('PAYMENT_FAILED', 'in_1', declined)],
      null,
      { ...there, status: 'PAYMENT_FAILED', lastError: declined },
    ],
    ['void unsent', [voided], 'WITHDRAW', { ...nowhere, status: 'VOID' }],
    ['void after a refusal', [failed, voided], 'WITHDRAW', { ...nowhere, status: 'VOID' }],
    ['void after it was sent', [sent, voided], 'WITHDRAW', { ...there, status: 'FINALIZED' }],
    ['sent though void', [voided, sent], 'WITHDRAW', { ...there, status: 'FINALIZED' }],
    ['withdrawn', [sent, voided, updated('VOID')], null, { ...there, status: 'VOID' }],
    [
      'not to be withdrawn',
      [sent, voided, failed],
      null,
      { ...there, status: 'ERROR', lastError: 'No such customer' },
    ],
    [
      'to be withdrawn again',
      [sent, voided, failed, retried],
      'WITHDRAW',
      { ...there, status: 'FINALIZED' },
    ],
    ['paid though void', [sent, voided, updated('PAID')], null, { ...there, status: 'PAID' }],
  ])('once it is %s', async (_what, events, toDo, shown) => {
    const { sendings, reader } = await after(...signedUp, ...issued(0, '1'), ...events);
    expect((await sendings.outgoing('inv_0'))?.toDo ?? null).toBe(toDo);
    expect(await sendings.pending(0n, 9)).toHaveLength(toDo === null ? 0 : 1);
    const found = await externalInvoices(reader, ['inv_0', 'inv_none']);
    expect([...found]).toEqual([['inv_0', { provider: 'STRIPE', ...shown }]]);
    const isFailed = events.at(-1)?.type === 'InvoiceSendingFailed';
    expect(await sendings.counts()).toEqual({
      queued: toDo === null ? 0 : 1,
      failed: isFailed ? 1 : 0,
    });
  });
});
