import { type Account } from './refusals-account.ts';
import { type Wrong } from './refusals.ts';

const month = 'startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z"';
const page = '(%) { pageInfo { endCursor } }';

/** A page of every connection of the API; `%` stands for how it is paged. */
export const connections: Readonly<Record<string, string>> = {
  'Query.products': `products${page}`,
  'Query.customers': `customers${page}`,
  'Query.invoices': `invoices${page}`,
  'Query.usage': `usage${page.replace('%', `customerId: $customer, billableMetricId: $metric, ${month}, %`)}`,
  'Query.ratedUsage': `ratedUsage${page.replace('%', `contractId: $contract, ${month}, %`)}`,
  'Query.billingHistory': `billingHistory${page.replace('%', 'customerId: $customer, %')}`,
  'Query.usageConflicts': `usageConflicts${page}`,
  'Query.unclaimedUsage': `unclaimedUsage${page}`,
  'Query.passedOverUsage': `passedOverUsage${page.replace('%', 'billableMetricId: $summed, %')}`,
  'LineItemExplanation.usage': `explainLineItem(invoiceId: $invoice, lineItemId: $line) { usage${page} }`,
  'RateCard.rates': `rateCard(id: $card) { rates${page} }`,
  'Customer.invoices': `customer(id: $customer) { invoices${page} }`,
  'Contract.invoices': `contract(id: $contract) { invoices${page} }`,
};

const types: Readonly<Record<string, string>> = {
  customer: 'ID!',
  metric: 'ID!',
  summed: 'ID!',
  contract: 'ID!',
  card: 'ID!',
  invoice: 'ID!',
  line: 'ID!',
  first: 'Int',
  after: 'String',
};

/** The query for a page, asking for no variable that it does not use. */
export function pageQuery(fields: string, paging: string): string {
  const body = fields.replace('%', paging);
  const used = Object.entries(types).filter(([name]) => body.includes(`$${name}`));
  const declared = used.map(([name, type]) => `$${name}: ${type}`).join(', ');
  return declared === '' ? `{ ${body} }` : `query (${declared}) { ${body} }`;
}

export const idsOf = (account: Account) => {
  const { customer, metric, summed, contract, card, billedAgain: invoice, line } = account;
  return { customer, metric, summed, contract, card, invoice, line };
};

/** The cursor of another list, in the shape that all cursors have. */
const ofAnother = Buffer.from(JSON.stringify(['others', 'a', 1])).toString('base64url');
const garbage = ['', 'garbage', '!', 'bnVsbA', ofAnother];

export const sizes: readonly Wrong[] = Object.entries(connections).flatMap(([name, fields]) =>
  [0, -1, 1001].map((first): Wrong => [
    `${name} of ${String(first)}`,
    pageQuery(fields, 'first: $first'),
    (a) => ({ ...idsOf(a), first }),
    'BAD_USER_INPUT first_out_of_range first',
    String(first),
  ]),
);

export const cursors: readonly Wrong[] = Object.entries(connections).flatMap(([name, fields]) =>
  garbage.map((after): Wrong => [
    `${name} after "${after}"`,
    pageQuery(fields, 'after: $after'),
    (a) => ({ ...idsOf(a), after }),
    'BAD_USER_INPUT invalid_cursor after',
  ]),
);
