import { customerOf } from './fake-stripe-customers.ts';
import {
  checkFields,
  choiceOf,
  flagOf,
  listOf,
  metadataOf,
  missing,
  pageFields,
  requiredOf,
  StripeFault,
  textOf,
  wholeOf,
  type Form,
} from './fake-stripe-forms.ts';
import { type FakeInvoice, type FakeItem, type FakeState } from './fake-stripe-state.ts';

const statuses = ['draft', 'open', 'paid', 'uncollectible', 'void'] as const;
const itemsMax = 250;

export function invoiceOf({ invoices }: FakeState, id: string): FakeInvoice {
  const invoice = invoices.get(id);
  if (invoice === undefined) throw missing('invoice', id);
  return invoice;
}

export function createInvoice(state: FakeState, form: Form): object {
  const fields = ['customer', 'currency', 'collection_method', 'days_until_due', 'description'];
  const kinds = ['auto_advance', 'pending_invoice_items_behavior', 'automatic_tax[enabled]'];
  checkFields(form, [...fields, ...kinds, 'metadata']);
  const { id: customer } = customerOf(state, requiredOf(form, 'customer'));
  const method = choiceOf(form, 'collection_method', ['charge_automatically', 'send_invoice']);
  const days_until_due = wholeOf(form, 'days_until_due');
  if ((method === 'send_invoice') !== (days_until_due !== null)) {
    throw new StripeFault('days_until_due is for, and needed by, collection_method=send_invoice');
  }
  if (method === 'send_invoice' && customerOf(state, customer).email === null) {
    throw new StripeFault('Missing email. The customer needs one to be sent invoices.');
  }
  if (textOf(form, 'pending_invoice_items_behavior') !== 'exclude') {
    throw new StripeFault('the fake keeps no pending items');
  }
  const invoice: FakeInvoice = {
    id: state.nextId('in'),
    object: 'invoice',
    created: state.now(),
    customer,
    currency: requiredOf(form, 'currency'),
    collection_method: method ?? 'charge_automatically',
    days_until_due,
    description: textOf(form, 'description'),
    metadata: metadataOf(form),
    auto_advance: flagOf(form, 'auto_advance') ?? true,
    status: 'draft',
    total: 0,
    amount_due: 0,
    amount_paid: 0,
    starting_balance: 0,
    attempted: false,
    attempt_count: 0,
    due_date: null,
    number: null,
    hosted_invoice_url: null,
    last_finalization_error: null,
    status_transitions: { finalized_at: null, paid_at: null },
  };
  state.invoices.set(invoice.id, invoice);
  state.tell('invoice.created', invoice);
  return invoice;
}

export function listInvoices(state: FakeState, form: Form): object {
  checkFields(form, ['customer', 'status', ...pageFields]);
  const customer = textOf(form, 'customer');
  if (customer !== null && !state.customers.has(customer)) throw missing('customer', customer);
  const status = choiceOf(form, 'status', statuses);
  const found = [...state.invoices.values()].filter(
    (one) =>
      (customer === null || one.customer === customer) &&
      (status === null || one.status === status),
  );
  return listOf(found, form);
}

export function retrieveInvoice(state: FakeState, id: string, form: Form): object {
  checkFields(form, []);
  return invoiceOf(state, id);
}

export function updateInvoice(state: FakeState, id: string, form: Form): object {
  checkFields(form, ['metadata', 'auto_advance']);
  const invoice = invoiceOf(state, id);
  invoice.metadata = { ...invoice.metadata, ...metadataOf(form) };
  invoice.auto_advance = flagOf(form, 'auto_advance') ?? invoice.auto_advance;
  return invoice;
}

export function deleteInvoice(state: FakeState, id: string, form: Form): object {
  checkFields(form, []);
  expectStatus(invoiceOf(state, id), 'delete', 'draft');
  state.invoices.delete(id);
  for (const item of itemsOf(state, id)) state.items.delete(item.id);
  return { id, object: 'invoice', deleted: true };
}

export function createItem(state: FakeState, form: Form): object {
  const fields = ['customer', 'invoice', 'amount', 'currency', 'description', 'discountable'];
  checkFields(form, [...fields, 'period[start]', 'period[end]', 'metadata']);
  const customer = customerOf(state, requiredOf(form, 'customer')).id;
  const invoice = invoiceOf(state, requiredOf(form, 'invoice'));
  expectStatus(invoice, 'add items to', 'draft');
  if (invoice.customer !== customer) throw new StripeFault('the invoice is of another customer');
  const currency = requiredOf(form, 'currency');
  if (currency !== invoice.currency) throw new StripeFault('the invoice is in another currency');
  const { length } = itemsOf(state, invoice.id);
  if (length >= itemsMax) throw new StripeFault('An invoice can have at most 250 items.');
  const start = wholeOf(form, 'period[start]') ?? state.now();
  const end = wholeOf(form, 'period[end]') ?? start;
  if (end < start) throw new StripeFault('the period ends before it starts');
  requiredOf(form, 'amount');
  const amount = wholeOf(form, 'amount') ?? 0;
  const isInThousandths = ['bhd', 'jod', 'kwd', 'omr', 'tnd'].includes(currency);
  if (isInThousandths && amount % 10 !== 0) throw new StripeFault('amount must end in 0');
  const item: FakeItem = {
    id: state.nextId('ii'),
    object: 'invoiceitem',
    created: state.now(),
    customer,
    invoice: invoice.id,
    amount,
    currency,
    description: textOf(form, 'description'),
    discountable: flagOf(form, 'discountable') ?? true,
    period: { start, end },
    metadata: metadataOf(form),
  };
  state.items.set(item.id, item);
  invoice.total += amount;
  invoice.amount_due = invoice.total;
  return item;
}

export function listItems(state: FakeState, form: Form): object {
  checkFields(form, ['customer', 'invoice', 'pending', ...pageFields]);
  const invoice = textOf(form, 'invoice');
  const found = [...state.items.values()].filter(
    (one) => invoice === null || one.invoice === invoice,
  );
  return listOf(found, form);
}

export function finalizeInvoice(state: FakeState, id: string, form: Form): object {
  checkFields(form, ['auto_advance']);
  const invoice = invoiceOf(state, id);
  expectStatus(invoice, 'finalize', 'draft');
  const customer = customerOf(state, invoice.customer);
  const credit = Math.min(Math.max(-customer.balance, 0), invoice.total);
  invoice.auto_advance = flagOf(form, 'auto_advance') ?? invoice.auto_advance;
  invoice.starting_balance = customer.balance;
  customer.balance += credit;
  invoice.amount_due = invoice.total - credit;
  invoice.number = `FAKE-${id}`;
  invoice.hosted_invoice_url = `https://invoice.stripe.com/i/${id}`;
  invoice.status_transitions = { finalized_at: state.now(), paid_at: null };
  if (invoice.days_until_due !== null) {
    invoice.due_date = state.now() + invoice.days_until_due * 86_400;
  }
  invoice.status = 'open';
  state.tell('invoice.finalized', invoice);
  if (invoice.amount_due === 0) settle(state, invoice);
  return invoice;
}

export function sendInvoice(state: FakeState, id: string, form: Form): object {
  checkFields(form, []);
  const invoice = invoiceOf(state, id);
  expectStatus(invoice, 'send', 'open', 'paid');
  if (invoice.collection_method !== 'send_invoice') {
    throw new StripeFault('You can only send invoices with collection_method=send_invoice');
  }
  state.mails.set(id, (state.mails.get(id) ?? 0) + 1);
  state.tell('invoice.sent', invoice);
  return invoice;
}

export function voidInvoice(state: FakeState, id: string, form: Form): object {
  checkFields(form, []);
  const invoice = invoiceOf(state, id);
  expectStatus(invoice, 'void', 'open', 'uncollectible');
  invoice.status = 'void';
  state.tell('invoice.voided', invoice);
  return invoice;
}

export function markUncollectible(state: FakeState, id: string, form: Form): object {
  checkFields(form, []);
  const invoice = invoiceOf(state, id);
  expectStatus(invoice, 'mark uncollectible', 'open');
  invoice.status = 'uncollectible';
  state.tell('invoice.marked_uncollectible', invoice);
  return invoice;
}

/** The customer pays. */
export function payInvoice(state: FakeState, id: string): FakeInvoice {
  const invoice = invoiceOf(state, id);
  expectStatus(invoice, 'pay', 'open', 'uncollectible');
  return settle(state, invoice);
}

/** The customer's payment method is charged in vain. */
export function failPayment(state: FakeState, id: string): FakeInvoice {
  const invoice = invoiceOf(state, id);
  expectStatus(invoice, 'pay', 'open');
  invoice.attempted = true;
  invoice.attempt_count += 1;
  state.tell('invoice.payment_failed', invoice);
  return invoice;
}

function settle(state: FakeState, invoice: FakeInvoice): FakeInvoice {
  invoice.status = 'paid';
  invoice.amount_paid = invoice.amount_due;
  invoice.attempted = true;
  invoice.status_transitions = { ...invoice.status_transitions, paid_at: state.now() };
  state.tell('invoice.paid', invoice);
  state.tell('invoice.payment_succeeded', invoice);
  return invoice;
}

export const itemsOf = ({ items }: FakeState, invoiceId: string): readonly FakeItem[] =>
  [...items.values()].filter(({ invoice }) => invoice === invoiceId);

function expectStatus(
  { id, status }: FakeInvoice,
  doing: string,
  ...allowed: readonly FakeInvoice['status'][]
): void {
  if (allowed.includes(status)) return;
  throw new StripeFault(`You can't ${doing} invoice ${id}: it is ${status}.`, {
    code: 'invoice_not_editable',
  });
}
