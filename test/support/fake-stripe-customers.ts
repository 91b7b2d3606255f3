import {
  checkFields,
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
import {
  type FakeBalanceTransaction,
  type FakeCustomer,
  type FakeState,
} from './fake-stripe-state.ts';

export function customerOf({ customers }: FakeState, id: string): FakeCustomer {
  const customer = customers.get(id);
  if (customer === undefined || customer.deleted) throw missing('customer', id);
  return customer;
}

export function createCustomer(state: FakeState, form: Form): object {
  checkFields(form, ['name', 'email', 'description', 'metadata']);
  const email = textOf(form, 'email');
  if (email !== null && !/^\S+@\S+$/.test(email)) {
    throw new StripeFault(`Invalid email address: ${email}`, { code: 'email_invalid' });
  }
  const customer: FakeCustomer = {
    id: state.nextId('cus'),
    object: 'customer',
    created: state.now(),
    name: textOf(form, 'name'),
    email,
    description: textOf(form, 'description'),
    metadata: metadataOf(form),
    balance: 0,
    currency: null,
  };
  state.customers.set(customer.id, customer);
  state.tell('customer.created', customer);
  return customer;
}

/** Stripe tells of a deleted customer that it is. */
export function retrieveCustomer({ customers }: FakeState, id: string, form: Form): object {
  checkFields(form, []);
  const customer = customers.get(id);
  if (customer === undefined) throw missing('customer', id);
  return customer.deleted ? { id, object: 'customer', deleted: true } : customer;
}

export function listCustomers({ customers }: FakeState, form: Form): object {
  checkFields(form, ['email', ...pageFields]);
  const email = textOf(form, 'email');
  const found = [...customers.values()].filter(
    (one) => !one.deleted && (email === null || one.email === email),
  );
  return listOf(found, form);
}

export function createBalanceTransaction(state: FakeState, id: string, form: Form): object {
  checkFields(form, ['amount', 'currency', 'description', 'metadata']);
  const customer = customerOf(state, id);
  requiredOf(form, 'amount');
  const amount = wholeOf(form, 'amount') ?? 0;
  const currency = requiredOf(form, 'currency');
  if (amount === 0) throw new StripeFault('amount must not be zero');
  if (currency !== currency.toLowerCase()) throw new StripeFault(`Invalid currency: ${currency}`);
  customer.balance += amount;
  const transaction: FakeBalanceTransaction = {
    id: state.nextId('cbtxn'),
    object: 'customer_balance_transaction',
    created: state.now(),
    customer: id,
    amount,
    currency,
    description: textOf(form, 'description'),
    ending_balance: customer.balance,
    metadata: metadataOf(form),
  };
  state.balances.set(transaction.id, transaction);
  return transaction;
}

export function listBalanceTransactions(state: FakeState, id: string, form: Form): object {
  checkFields(form, ['invoice', ...pageFields]);
  customerOf(state, id);
  const found = [...state.balances.values()].filter(({ customer }) => customer === id);
  return listOf(found, form);
}
