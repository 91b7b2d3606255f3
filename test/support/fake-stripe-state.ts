export type FakeCustomer = {
  readonly id: string;
  readonly object: 'customer';
  readonly created: number;
  readonly name: string | null;
  readonly email: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Below zero: credit for the next invoices. */
  balance: number;
  currency: string | null;
  deleted?: true;
};

export type FakeInvoiceStatus = 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
export type FakeInvoice = {
  readonly id: string;
  readonly object: 'invoice';
  readonly created: number;
  readonly customer: string;
  readonly currency: string;
  readonly collection_method: 'charge_automatically' | 'send_invoice';
  readonly days_until_due: number | null;
  readonly description: string | null;
  metadata: Readonly<Record<string, string>>;
  auto_advance: boolean;
  status: FakeInvoiceStatus;
  total: number;
  amount_due: number;
  amount_paid: number;
  starting_balance: number;
  attempted: boolean;
  attempt_count: number;
  due_date: number | null;
  number: string | null;
  hosted_invoice_url: string | null;
  last_finalization_error: null;
  status_transitions: { finalized_at: number | null; paid_at: number | null };
};

export type FakeItem = {
  readonly id: string;
  readonly object: 'invoiceitem';
  readonly created: number;
  readonly customer: string;
  readonly invoice: string;
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly discountable: boolean;
  readonly period: { readonly start: number; readonly end: number };
  readonly metadata: Readonly<Record<string, string>>;
};

export type FakeBalanceTransaction = {
  readonly id: string;
  readonly object: 'customer_balance_transaction';
  readonly created: number;
  readonly customer: string;
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly ending_balance: number;
  readonly metadata: Readonly<Record<string, string>>;
};

/** An account at the fake: everything in order of creation. */
export type FakeState = {
  readonly customers: Map<string, FakeCustomer>;
  readonly invoices: Map<string, FakeInvoice>;
  readonly items: Map<string, FakeItem>;
  readonly balances: Map<string, FakeBalanceTransaction>;
  /** How often each invoice was mailed. */
  readonly mails: Map<string, number>;
  readonly nextId: (prefix: string) => string;
  readonly now: () => number;
  /** Something happened to the object. */
  readonly tell: (type: string, object: object) => void;
};
