import { type Client } from './client.ts';

export type StoryLine = {
  readonly type: 'USAGE' | 'SCHEDULED' | 'LATE_USAGE';
  readonly name: string;
  readonly startingAt: string;
  readonly quantity: string;
  readonly unitPrice: string | null;
  readonly amount: { readonly amount: string };
};

export type StoryInvoice = {
  readonly id: string;
  readonly type: 'USAGE' | 'SCHEDULED';
  readonly status: string;
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly currency: string;
  readonly issuedAt: string | null;
  readonly lineItems: readonly StoryLine[];
  readonly total: { readonly amount: string; readonly formatted: string };
};

/** The customer's invoices, oldest first. */
export async function readInvoices(
  client: Client,
  customerId: string,
): Promise<readonly StoryInvoice[]> {
  const { customer } = await client.ask<{
    customer: { invoices: { nodes: readonly StoryInvoice[] } };
  }>(
    `query ($customerId: ID!) { customer(id: $customerId) { invoices(first: 100) { nodes {
      id type status periodStart periodEnd currency issuedAt position
      lineItems {
        id type name product { name } startingAt endingBefore quantity unitPrice amount { amount }
      }
      total { amount formatted }
    } } } }`,
    { customerId },
  );
  return customer.invoices.nodes.toReversed();
}

const email = (quantity: string, amount: string): string =>
  `USAGE Email generation, ${quantity} x 0.1 = ${amount}`;
const rows = (quantity: string, amount: string): string =>
  `USAGE Spreadsheet updates, ${quantity} x 0.15 = ${amount}`;
const reminders = (quantity: string, amount: string): string =>
  `USAGE Automated reminders, ${quantity} x 0.2 = ${amount}`;
const rooms = (quantity: string, amount: string): string =>
  `USAGE Slack integration, ${quantity} x 0.1 = ${amount}`;
const ai = 'SCHEDULED AI model configuration, 1 x 10 = 10.00';
const quietMonth = [
  email('100', '10.00'),
  rows('10', '1.50'),
  reminders('1', '0.20'),
  rooms('1', '0.10'),
];

type Expected = readonly [title: string, total: string, lines: readonly string[]];

/** The sixteen invoices of the story. */
export const expectedInvoices: readonly Expected[] = [
  ['2024-10-01 USAGE', '169.90', [email('1234', '123.40'), rows('310', '46.50')]],
  [
    '2024-11-01 USAGE',
    '275.70',
    [
      email('2000', '200.00'),
      rows('500', '75.00'),
      'LATE_USAGE Email generation of 2024-10, 7 x 0.1 = 0.70',
    ],
  ],
  ['2024-12-01 USAGE', '0.00', []],
  ['2025-01-01 USAGE', '1.00', [email('10', '1.00')]],
  ['2025-02-01 SCHEDULED', '10.00', [ai]],
  [
    '2025-02-01 USAGE',
    '454.00',
    [
      email('3000', '300.00'),
      rows('800', '120.00'),
      reminders('150', '30.00'),
      rooms('40', '4.00'),
    ],
  ],
  ['2025-03-01 SCHEDULED', '10.00', [ai]],
  [
    '2025-03-01 USAGE',
    '467.68',
    // 810.5 x 0.15 = 121.575, rounded half away from zero.
    [
      email('3100', '310.00'),
      rows('810.5', '121.58'),
      reminders('160', '32.00'),
      rooms('41', '4.10'),
    ],
  ],
  ...['2025-04-01', '2025-05-01', '2025-06-01', '2025-07-01'].flatMap((start): Expected[] => [
    [`${start} SCHEDULED`, '10.00', [ai]],
    [`${start} USAGE`, '11.80', quietMonth],
  ]),
];

/** 169.90 + 275.70 + 0.00 + 1.00 + 454.00 + 467.68 + 4 x 11.80 + 6 x 10.00 */
export const expectedSum = '1475.48';

export const titleOf = ({ periodStart, type }: StoryInvoice): string =>
  `${periodStart.slice(0, 10)} ${type}`;

const lineText = ({ type, name, startingAt, quantity, unitPrice, amount }: StoryLine): string => {
  const late = type === 'LATE_USAGE' ? ` of ${startingAt.slice(0, 7)}` : '';
  return `${type} ${name}${late}, ${quantity} x ${unitPrice ?? '?'} = ${amount.amount}`;
};

/** Each invoice in the words of the expectations. */
export const summary = (invoices: readonly StoryInvoice[]): readonly Expected[] =>
  sorted(
    invoices.map((invoice): Expected => {
      const title = titleOf(invoice) + (invoice.status === 'FINALIZED' ? '' : ` ${invoice.status}`);
      return [title, invoice.total.amount, invoice.lineItems.map(lineText).sort()];
    }),
  );

/** The expectations in the order of a summary. */
export const expectedSummary: readonly Expected[] = sorted(
  expectedInvoices.map(([title, total, lines]): Expected => [title, total, [...lines].sort()]),
);

function sorted(invoices: readonly Expected[]): readonly Expected[] {
  return [...invoices].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The sum of the totals: they are whole cents, so that adding those up is exact. */
export function sumOf(invoices: readonly StoryInvoice[]): string {
  const cents = invoices.reduce(
    (sum, { total }) => sum + BigInt(total.amount.replace('.', '')),
    0n,
  );
  return `${String(cents / 100n)}.${String(cents % 100n).padStart(2, '0')}`;
}

/** Where the invoices differ from the story, one line each; none: they are those of the story. */
export function differences(invoices: readonly StoryInvoice[]): readonly string[] {
  const printed = (of: readonly Expected[]): ReadonlySet<string> =>
    new Set(of.map(([title, total, lines]) => `${title}: ${total}: ${lines.join('; ')}`));
  const actual = printed(summary(invoices));
  const expected = printed(expectedSummary);
  const sum = sumOf(invoices);
  return [
    ...[...expected].filter((text) => !actual.has(text)).map((text) => `missing  ${text}`),
    ...[...actual].filter((text) => !expected.has(text)).map((text) => `not told ${text}`),
    ...(invoices.length === expectedInvoices.length
      ? []
      : [`there are ${String(invoices.length)} invoices, not ${String(expectedInvoices.length)}`]),
    ...(sum === expectedSum ? [] : [`the sum is ${sum}, not ${expectedSum}`]),
  ];
}
