import { type BillingConfig } from '../../src/customers/events.ts';
import { type InvoiceContent, type InvoiceLine } from '../../src/invoices/events.ts';
import { decimal, printDecimal, sum } from '../../src/kernel/decimal.ts';
import { type OutgoingInvoice } from '../../src/application/payment-ports.ts';

const march = {
  startingAt: '2025-03-01T00:00:00.000Z',
  endingBefore: '2025-04-01T00:00:00.000Z',
} as const;

/** A line over March: 10 at 0.1. */
export const line = (index: number, change: Partial<InvoiceLine> = {}): InvoiceLine => ({
  lineId: `lin_${String(index)}`,
  type: 'USAGE',
  productId: `prd_${String(index)}`,
  name: `Product ${String(index)}`,
  ...march,
  period: march,
  segmentStart: march.startingAt,
  quantity: '10',
  unitPrice: '0.1',
  amount: '1',
  tier: null,
  groupValues: null,
  ...change,
});

/** An invoice of these lines. */
export const content = ({
  lines = [line(1), line(2)],
  ...change
}: Partial<InvoiceContent> = {}): InvoiceContent => ({
  invoiceId: 'inv_1',
  customerId: 'cus_1',
  contractId: 'con_1',
  invoiceType: 'USAGE',
  periodStart: march.startingAt,
  periodEnd: march.endingBefore,
  currency: 'USD',
  lines,
  total: printDecimal(sum(lines.map(({ amount }) => decimal(amount)))),
  terms: [],
  daysUntilDue: 30,
  ...change,
});

export const charged: BillingConfig = {
  provider: 'STRIPE',
  providerCustomerId: 'cus_stripe',
  collectionMethod: 'CHARGE_AUTOMATICALLY',
};

export const outgoing = (
  change: Partial<InvoiceContent> = {},
  more: Partial<OutgoingInvoice> = {},
): OutgoingInvoice => ({
  content: content(change),
  number: 7,
  issuedAt: '2025-04-02T00:00:00.000Z',
  collection: charged,
  externalId: null,
  retries: 0,
  since: null,
  ...more,
});
