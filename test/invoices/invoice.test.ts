import { describe, expect, it } from 'vitest';
import { invoice } from '../../src/invoices/decider.ts';
import {
  type InvoiceContent,
  type InvoiceFinalized,
  type InvoiceProof,
  type InvoiceVoided,
} from '../../src/invoices/events.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { given } from '../support/given-when-then.ts';
import { contractId, customerId, january, line, month, terms, usageId } from './given.ts';

const invoiceId = usageId(january);
const closedBy = { stream: `contracts-${customerId}`, revision: 1 };
const proof: InvoiceProof = {
  usage: { months: ['2024-01'], events: 0, root: null, each: 1, covered: [], elsewhere: [] },
  previous: 'ab'.repeat(32),
};
const content = (change: Partial<InvoiceContent> = {}): InvoiceContent => ({
  invoiceId,
  customerId,
  contractId,
  invoiceType: 'USAGE',
  periodStart: january,
  periodEnd: month(1),
  currency: 'USD',
  lines: [line(), line({ lineId: 'lin_2', amount: '-0.25' })],
  total: '0.75',
  terms: [terms('SUM')],
  daysUntilDue: 30,
  ...change,
});
const publish = (of = content()) =>
  ({ type: 'PublishInvoice', content: of, issuedAt: month(1), closedBy, proof }) as const;
const finalized: InvoiceFinalized = {
  type: 'InvoiceFinalized',
  ...content(),
  issuedAt: month(1),
  closedBy,
  proof,
};
const voidIt = (reason: string | null = 'wrong price') =>
  ({ type: 'VoidInvoice', invoiceId, reason, now: month(2) }) as const;
const voided = (reason: string | null): InvoiceVoided => ({
  type: 'InvoiceVoided',
  invoiceId,
  customerId,
  contractId,
  reason,
  voidedAt: month(2),
});

describe('an invoice', () => {
  it('is published whole, with its terms, its proof and the event that closed its period', () => {
    given(invoice).when(publish()).then(finalized);
  });

  it('never changes: whoever publishes second finds it there', () => {
    given(invoice, [finalized])
      .when(publish(content({ total: '0', lines: [] })))
      .thenNothing();
    given(invoice, [finalized, voided(null)])
      .when(publish())
      .thenNothing();
  });

  it('without lines comes to zero', () => {
    const empty = content({ lines: [], total: '0' });
    given(invoice)
      .when(publish(empty))
      .then({ ...finalized, lines: [], total: '0' });
  });

  it('is never published when its lines do not sum to its total', () => {
    const decide = () => invoice.decide(publish(content({ total: '0.76' })), null);
    expect(decide).toThrow(BrokenInvariant);
  });

  it('is voided once, with or without a reason', () => {
    given(invoice, [finalized]).when(voidIt()).then(voided('wrong price'));
    given(invoice, [finalized]).when(voidIt(null)).then(voided(null));
    given(invoice, [finalized, voided('wrong price')])
      .when(voidIt('another reason'))
      .thenNothing();
  });

  it('that was not published cannot be voided', () => {
    given(invoice).when(voidIt()).thenRefused('invoice_not_found', ['id']);
  });
});
