import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { externalInvoices } from '../../projections/external-invoices.ts';
import { pastExternal } from '../../src/audit/past-external.ts';
import { type BillingConfigSet, type CustomerEvent } from '../../src/customers/events.ts';
import {
  type InvoiceEvent,
  type InvoiceFinalized,
  type ProviderStatus,
} from '../../src/invoices/events.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
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

const { store, folder } = useStores(openMain);
const ids = { customerId: 'cus_1', contractId: 'con_1', invoiceId: 'inv_0' };
const period: Period = { ...ids, index: 0, cut: 1 };
const whose = { invoiceId: 'inv_0', provider: 'STRIPE' } as const;

const configSet = (payer: string | null): BillingConfigSet => ({
  type: 'BillingConfigSet',
  customerId: 'cus_1',
  billingConfig:
    payer === null
      ? null
      : { provider: 'STRIPE', providerCustomerId: payer, collectionMethod: 'SEND_INVOICE' },
});
const configs = fc.constantFrom(null, 'cus_a', 'cus_b').map(configSet);
const status = fc.constantFrom<ProviderStatus[]>('FINALIZED', 'PAYMENT_FAILED', 'PAID', 'VOID');
const news = fc.oneof(
  configs,
  status.map((known): InvoiceEvent => ({
    ...{ type: 'InvoiceSent', ...whose, externalId: 'in_1', status: known },
    ...{ hostedUrl: 'https://there', total: '1', currency: 'USD' },
  })),
  status.map((known): InvoiceEvent => ({
    ...{ type: 'InvoicePaymentUpdated', ...whose, externalId: 'in_2', status: known },
    ...{ hostedUrl: null, message: known === 'PAID' ? null : 'declined', causeId: 'evt_1' },
  })),
  fc.constant<InvoiceEvent>({ type: 'InvoiceSendingFailed', ...whose, message: 'unknown' }),
  fc.constant<InvoiceEvent>({ type: 'InvoiceSendingRetried', invoiceId: 'inv_0' }),
);

const isOfInvoice = (recorded: Recorded): recorded is Recorded<InvoiceEvent> =>
  recorded.event.type.startsWith('Invoice');
const isOfCustomer = (recorded: Recorded): recorded is Recorded<CustomerEvent> =>
  ['CustomerCreated', 'BillingConfigSet'].includes(recorded.event.type);
const isFinalized = (recorded: Recorded): recorded is Recorded<InvoiceFinalized> =>
  recorded.event.type === 'InvoiceFinalized';

describe('an invoice at its provider, as its events tell', () => {
  it('is after each of them what the read model shows then', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(configs, { maxLength: 2 }),
        fc.constantFrom('1', '1', '-2.5', '0'),
        fc.array(news, { maxLength: 8 }),
        fc.option(fc.nat(8)),
        async (before, total, after, voidedAt) => {
          const finalized: InvoiceFinalized = { ...invoiceFinalized(period, 1), total };
          const later: MainEvent[] = [...after];
          if (voidedAt !== null) later.splice(voidedAt, 0, invoiceVoided(period));
          const events = recorded(
            customerCreated('cus_1'),
            contractCreated('cus_1', 'con_1'),
            ...before,
            periodClosed(period),
            finalized,
            ...later,
          );
          const main = await store(folder());
          for (const [index, { position, event }] of events.entries()) {
            await main.fold(events.slice(0, index + 1), position);
            const known = events.slice(0, index + 1);
            const issued = known.find(isFinalized);
            if (issued === undefined) continue;
            const shown = (await externalInvoices(main.reader, ['inv_0'])).get('inv_0') ?? null;
            const told = pastExternal(
              issued,
              known.filter(isOfInvoice),
              known.filter(isOfCustomer),
            );
            expect([event.type, told]).toEqual([event.type, shown]);
          }
        },
      ),
      { numRuns: 20 },
    ));
});
