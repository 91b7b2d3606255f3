import { describe, expect, it } from 'vitest';
import { type InvoiceCommand, type UpdatePayment } from '../../src/invoices/commands.ts';
import { invoice } from '../../src/invoices/decider.ts';
import { type InvoiceEvent, type ProviderStatus } from '../../src/invoices/events.ts';
import { isNews } from '../../src/invoices/external.ts';
import { fold, isRefused } from '../../src/kernel/decider.ts';
import { given } from '../support/given-when-then.ts';
import { contractId, customerId, january, line, month, terms, usageId } from './given.ts';

const invoiceId = usageId(january);
const finalized: InvoiceEvent = {
  type: 'InvoiceFinalized',
  invoiceId,
  customerId,
  contractId,
  invoiceType: 'USAGE',
  periodStart: january,
  periodEnd: month(1),
  currency: 'USD',
  lines: [line()],
  total: '1',
  terms: [terms('SUM')],
  daysUntilDue: 30,
  issuedAt: month(1),
  closedBy: { stream: `contracts-${customerId}`, revision: 1 },
  proof: null,
};
const voided: InvoiceEvent = {
  type: 'InvoiceVoided',
  ...{ invoiceId, customerId, contractId, reason: null },
  voidedAt: month(2),
};
const provider = 'STRIPE';
const externalId = 'in_1';
const hostedUrl = 'https://invoice.stripe.com/in_1';
const sent = (status: ProviderStatus = 'FINALIZED'): InvoiceEvent => ({
  type: 'InvoiceSent',
  ...{ invoiceId, provider, externalId, status, hostedUrl, total: '1', currency: 'USD' },
});
const recordSent = (change: { externalId?: string; status?: ProviderStatus } = {}) =>
  ({ ...sent(), ...change, type: 'RecordSent' }) as InvoiceCommand;
const failed: InvoiceEvent = {
  type: 'InvoiceSendingFailed',
  ...{ invoiceId, provider, message: 'No such customer' },
};
const recordFailed: InvoiceCommand = { ...failed, type: 'RecordSendingFailed' };
const retry: InvoiceCommand = { type: 'RetrySending', invoiceId };
const retried: InvoiceEvent = { type: 'InvoiceSendingRetried', invoiceId };
const update = (
  status: ProviderStatus,
  change: Partial<Omit<UpdatePayment, 'type'>> = {},
): UpdatePayment => ({
  type: 'UpdatePayment',
  ...{ invoiceId, provider, externalId, status, hostedUrl: null, message: null },
  causeId: `evt_${status}`,
  ...change,
});
const updated = (
  status: ProviderStatus,
  change: Partial<Omit<UpdatePayment, 'type'>> = {},
): InvoiceEvent => ({
  ...update(status, { hostedUrl, ...change }),
  type: 'InvoicePaymentUpdated',
});
const withdrawn = { externalId: null, hostedUrl: null } as const;

describe('an invoice that is sent', () => {
  it('is sent once', () => {
    given(invoice, [finalized]).when(recordSent()).then(sent());
    given(invoice, [finalized, sent()]).when(recordSent()).thenNothing();
    given(invoice).when(recordSent()).thenRefused('invoice_not_found', ['id']);
  });

  it('is never another one there', () => {
    given(invoice, [finalized, sent()])
      .when(recordSent({ externalId: 'in_2' }))
      .thenRefused('other_external_invoice');
    given(invoice, [finalized, sent()])
      .when(update('PAID', { externalId: 'in_2' }))
      .thenRefused('other_external_invoice');
  });

  it('may be found further on when it is sent again', () => {
    given(invoice, [finalized, sent('DRAFT')])
      .when(recordSent({ status: 'PAID' }))
      .then(updated('PAID', { causeId: 'sent' }));
  });

  it('is refused, and tried again when somebody asks for it', () => {
    given(invoice, [finalized]).when(recordFailed).then(failed);
    given(invoice, [finalized, failed]).when(recordFailed).thenNothing();
    given(invoice, [finalized, failed]).when(retry).then(retried);
    given(invoice, [finalized, failed, retried]).when(retry).thenNothing();
    given(invoice, [finalized, failed, retried]).when(recordFailed).then(failed);
    given(invoice, [finalized]).when(retry).thenRefused('invoice_not_failed', ['id']);
    given(invoice, [finalized, sent()]).when(retry).thenRefused('invoice_not_failed');
  });

  it('is not refused once another has sent it', () => {
    given(invoice, [finalized, sent()]).when(recordFailed).thenNothing();
  });

  it('hears nothing of its payment before it is known to be there', () => {
    given(invoice, [finalized]).when(update('PAID')).thenRefused('invoice_not_sent', ['id']);
    given(invoice).when(update('PAID')).thenRefused('invoice_not_found');
  });
});

describe('an invoice that is void here', () => {
  it('is not voided once it is paid', () => {
    given(invoice, [finalized, sent('PAID')])
      .when({ type: 'VoidInvoice', invoiceId, reason: null, now: month(2) })
      .thenRefused('invoice_paid', ['id']);
  });

  it('is withdrawn there, or was never there', () => {
    given(invoice, [finalized, sent(), voided]).when(update('VOID')).then(updated('VOID'));
    given(invoice, [finalized, voided])
      .when(update('VOID', withdrawn))
      .then(updated('VOID', withdrawn));
  });

  it('is known again when it turns out to be there after all', () => {
    const history = [finalized, voided, updated('VOID', withdrawn)];
    given(invoice, history).when(recordSent()).then(sent());
    given(invoice, history)
      .when(update('FINALIZED'))
      .then(updated('FINALIZED', { hostedUrl: null }));
  });

  it('says so when it was paid meanwhile', () => {
    const message = expect.stringContaining('refund it there') as unknown as string;
    given(invoice, [finalized, sent(), voided])
      .when(update('PAID'))
      .then(updated('PAID', { message }));
  });

  it('may fail to be withdrawn, until that is tried again', () => {
    given(invoice, [finalized, sent(), voided]).when(recordFailed).then(failed);
    given(invoice, [finalized, sent(), voided, updated('VOID')])
      .when(recordFailed)
      .thenNothing();
  });
});

describe('news of an invoice', () => {
  const order = ['DRAFT', 'FINALIZED', 'PAYMENT_FAILED', 'UNCOLLECTIBLE', 'VOID', 'PAID'] as const;

  it.each(order)('takes it on from %s and never back', (known) => {
    const news = order.filter((told) => isNews(known, told));
    expect(news).toEqual(order.slice(order.indexOf(known) + 1));
  });

  it('comes to the same in any order, however often it is repeated', () => {
    const told = ['FINALIZED', 'PAYMENT_FAILED', 'VOID', 'PAID'] as const;
    for (const one of permutations([...told, ...told.slice(1, 3)])) {
      const history: InvoiceEvent[] = [finalized, sent('DRAFT')];
      for (const status of one) {
        const decision = invoice.decide(update(status), fold(invoice, history));
        if (isRefused(decision)) throw new Error(decision.refused.reason);
        history.push(...decision.events);
      }
      expect(fold(invoice, history)?.external).toEqual({ externalId, status: 'PAID', hostedUrl });
    }
  });

  it('keeps where the invoice is shown', () => {
    given(invoice, [finalized, sent()])
      .when(update('PAYMENT_FAILED', { message: 'Your card was declined.' }))
      .then(updated('PAYMENT_FAILED', { message: 'Your card was declined.' }));
  });
});

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    const others = items.filter((_other, place) => place !== index);
    for (const rest of permutations(others)) yield [item, ...rest];
  }
}
