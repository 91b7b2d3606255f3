import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { type InvoiceLine } from '../src/invoices/events.ts';
import type { InvoiceHead, InvoiceView } from '../projections/drafts.ts';
import { type ExternalInvoice as ExternalRow } from '../projections/external-invoices.ts';
import { seenIn } from './as-of.ts';
import { type Context } from './context.ts';
import { BillingProvider } from './customers.types.ts';
import { Money, moneyOf } from './money.types.ts';
import { connectionOf } from './paging.ts';
import { CurrencyScalar, DateTimeScalar, DecimalScalar, JSONObjectScalar } from './scalars.ts';

export const InvoiceType = { USAGE: 'USAGE', SCHEDULED: 'SCHEDULED' } as const;
registerEnumType(InvoiceType, {
  name: 'InvoiceType',
  description:
    "USAGE: one per contract and billing period, in arrears. SCHEDULED: the contract's charges that fall on one instant.",
});

export const InvoiceStatus = { DRAFT: 'DRAFT', FINALIZED: 'FINALIZED', VOID: 'VOID' } as const;
registerEnumType(InvoiceStatus, {
  name: 'InvoiceStatus',
  description:
    'DRAFT: still changing. FINALIZED: issued, never changes. VOID: taken back, still readable.',
});

export const LineItemType = {
  USAGE: 'USAGE',
  SCHEDULED: 'SCHEDULED',
  LATE_USAGE: 'LATE_USAGE',
} as const;
registerEnumType(LineItemType, {
  name: 'LineItemType',
  description:
    'USAGE: metered in the period. SCHEDULED: charged at an instant. LATE_USAGE: recorded after an earlier period was closed.',
});

export const ExternalInvoiceStatus = {
  QUEUED: 'QUEUED',
  DRAFT: 'DRAFT',
  FINALIZED: 'FINALIZED',
  PAID: 'PAID',
  PAYMENT_FAILED: 'PAYMENT_FAILED',
  VOID: 'VOID',
  UNCOLLECTIBLE: 'UNCOLLECTIBLE',
  ERROR: 'ERROR',
} as const;
registerEnumType(ExternalInvoiceStatus, {
  name: 'ExternalInvoiceStatus',
  description:
    'What became of the invoice at the payment provider. QUEUED: it has not got there yet. DRAFT, FINALIZED, PAID,\n' +
    'PAYMENT_FAILED (it may be tried again there), VOID, UNCOLLECTIBLE: as the provider has it. ERROR: the provider refused\n' +
    'it, or its withdrawal; see lastError, and retryInvoicePush.',
});

@ObjectType({ description: "The invoice at the payment provider. id is the provider's." })
export class ExternalInvoice {
  @Field(() => BillingProvider)
  provider: keyof typeof BillingProvider;
  @Field(() => String, { nullable: true })
  id: string | null;
  @Field(() => ExternalInvoiceStatus)
  status: keyof typeof ExternalInvoiceStatus;
  @Field(() => String, { nullable: true, description: 'Where the customer can see and pay it.' })
  hostedUrl: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What the provider said last, when it refused the invoice or a payment failed.',
  })
  lastError: string | null;
}

@ObjectType({ description: 'One line of one invoice.' })
export class InvoiceLineItem {
  @Field(() => ID, {
    description:
      'Unique across all invoices, and the same for the same line from first draft to finalization.',
  })
  id: string;
  @Field(() => LineItemType)
  type: keyof typeof LineItemType;
  @Field(() => String)
  name: string;
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar)
  endingBefore: Instant;
  @Field(() => DecimalScalar)
  quantity: string;
  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'null where the line has no one unit price.',
  })
  unitPrice: string | null;
  @Field(() => Money, { description: 'Rounded half away from zero to the minor unit.' })
  amount: Money;
  @Field(() => Int, {
    nullable: true,
    description: '1-based, for a line of one tier of a GRADUATED rate.',
  })
  tier: number | null;
  @Field(() => JSONObjectScalar, { nullable: true })
  groupValues: Readonly<Record<string, unknown>> | null;
  productId: string;
  world?: Context;
}

@ObjectType({
  description: 'What a customer owes for one period, or at one instant, of a contract.',
})
export class Invoice {
  @Field(() => ID, {
    description:
      'Derived from contract, type and period, and from how often that was voided before: stable from first ' +
      'draft to finalization. Read as of an earlier position: <id>@<position>.',
  })
  id: string;
  @Field(() => InvoiceType)
  type: keyof typeof InvoiceType;
  @Field(() => InvoiceStatus)
  status: keyof typeof InvoiceStatus;
  @Field(() => DateTimeScalar, {
    description: '[periodStart, periodEnd) for USAGE; both the charge instant for SCHEDULED.',
  })
  periodStart: Instant;
  @Field(() => DateTimeScalar)
  periodEnd: Instant;
  @Field(() => CurrencyScalar)
  currency: string;
  customerId: string;
  contractId: string;
  /** Of an invoice that nothing records: the whole of it. */
  preview?: InvoiceView;
  world?: Context;
}

export const InvoiceConnection = connectionOf(Invoice, 'Invoice', { counted: true });

@ObjectType({ description: 'The invoice, as it is now.' })
export class InvoicePayload {
  @Field(() => Invoice)
  invoice: Invoice;
}

export const invoiceNode = (head: InvoiceHead, world: Context): Invoice =>
  seenIn(world, {
    id: head.invoiceId,
    type: head.invoiceType,
    status: head.status,
    periodStart: head.periodStart,
    periodEnd: head.periodEnd,
    currency: head.currency,
    customerId: head.customerId,
    contractId: head.contractId,
  });

export const externalNode = ({ externalId, ...external }: ExternalRow): ExternalInvoice => ({
  ...external,
  id: externalId,
});

export const lineItemNode = (
  line: InvoiceLine,
  currency: string,
  world: Context,
): InvoiceLineItem =>
  seenIn(world, {
    id: line.lineId,
    type: line.type,
    name: line.name,
    startingAt: line.startingAt,
    endingBefore: line.endingBefore,
    quantity: line.quantity,
    unitPrice: line.unitPrice,
    amount: moneyOf(line.amount, currency),
    tier: line.tier,
    groupValues: line.groupValues,
    productId: line.productId,
  });
