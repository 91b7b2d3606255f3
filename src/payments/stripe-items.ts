import { decimal, isZero, sum } from '../kernel/decimal.ts';
import { type Instant } from '../kernel/calendar.ts';
import { fingerprint } from '../kernel/ids.ts';
import { type InvoiceContent, type InvoiceLine } from '../invoices/events.ts';
import { stripeAmount } from './stripe-amounts.ts';
import { Refused } from './stripe-client.ts';

/** What becomes one item of an invoice at Stripe. */
export type StripeItem = {
  /** The line's id, or one that stands for the lines. */
  readonly itemId: string;
  readonly amount: number;
  readonly description: string;
  readonly period: { readonly start: number; readonly end: number };
  readonly metadata: Readonly<Record<string, string>>;
};

/** An invoice at Stripe holds so many. */
const itemsMax = 250;
const descriptionMax = 500;

/** From fine to coarse: by which lines share an item. */
const groupings: readonly ((line: InvoiceLine) => string)[] = [
  ({ lineId }) => lineId,
  ({ productId, type }) => `${productId} ${type}`,
  ({ type }) => type,
  () => 'all',
];

/**
 * The invoice's lines as items, in their order: one each, or where Stripe has no room or no such
 * amounts, those of a product together, and so on; never another sum.
 */
export function stripeItems({ invoiceId, currency, lines }: InvoiceContent): readonly StripeItem[] {
  const charged = lines.filter(({ amount }) => !isZero(decimal(amount)));
  for (const groupOf of groupings) {
    const groups = new Map<string, InvoiceLine[]>();
    for (const line of charged) {
      const group = groups.get(groupOf(line)) ?? [];
      groups.set(groupOf(line), [...group, line]);
    }
    if (groups.size > itemsMax) continue;
    const items = [...groups.values()].map((group) => itemOf(invoiceId, group, currency));
    const fitting = items.filter((item) => item !== null);
    if (fitting.length === items.length) return fitting;
  }
  throw new Refused(`Stripe has no such amounts of ${currency}: they are too fine or too large`);
}

function itemOf(
  invoiceId: string,
  lines: readonly InvoiceLine[],
  currency: string,
): StripeItem | null {
  const amount = stripeAmount(sum(lines.map((line) => decimal(line.amount))), currency);
  if (amount === null) return null;
  const start = lines.map(({ startingAt }) => startingAt).sort()[0];
  const end = lines
    .map(({ endingBefore }) => endingBefore)
    .sort()
    .at(-1);
  const [line] = lines;
  if (line === undefined || start === undefined || end === undefined) return null;
  const isOne = lines.length === 1;
  return {
    itemId: isOne ? line.lineId : `lines_${fingerprint(...lines.map(({ lineId }) => lineId))}`,
    amount,
    description: isOne
      ? shortened(lineText(line, currency), descriptionMax)
      : listText(invoiceId, lines, currency),
    period: { start: seconds(start), end: seconds(end) },
    metadata: isOne ? { ...exactly(line) } : { paygo_lines: String(lines.length) },
  };
}

/** `Emails, 2025-03-01 to 2025-04-01: 3000 x 0.10 USD`. */
export function lineText(line: InvoiceLine, currency: string): string {
  const { name, type, startingAt, endingBefore, quantity, unitPrice, tier, groupValues } = line;
  const dates =
    startingAt === endingBefore
      ? dateOf(startingAt)
      : `${dateOf(startingAt)} to ${dateOf(endingBefore)}`;
  const notes = [
    ...(type === 'LATE_USAGE' ? ['late usage'] : []),
    ...(tier === null ? [] : [`tier ${String(tier)}`]),
    ...Object.entries(groupValues ?? {}).map(([key, value]) => `${key}: ${value ?? '-'}`),
  ];
  const noted = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  const price = unitPrice === null ? '' : ` x ${unitPrice} ${currency}`;
  return `${name}${noted}, ${dates}: ${quantity}${price}`;
}

/** As many of the lines as there is room for, and where all of them are. */
function listText(invoiceId: string, lines: readonly InvoiceLine[], currency: string): string {
  const names = [...new Set(lines.map(({ name }) => name))].join(', ');
  const count = `${String(lines.length)} lines, all in invoice ${invoiceId}`;
  let text = `${shortened(names, 150)}: ${count}`;
  for (const line of lines) {
    const more = `; ${lineText(line, currency)} = ${line.amount}`;
    if (text.length + more.length + 1 > descriptionMax) return `${text}…`;
    text += more;
  }
  return text;
}

/** Stripe keeps values of up to 500 characters. */
const exactly = ({ quantity, unitPrice }: InvoiceLine): Record<string, string> => ({
  paygo_quantity: shortened(quantity, 500),
  ...(unitPrice === null ? {} : { paygo_unit_price: shortened(unitPrice, 500) }),
});

const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`;

/** The day, with the hour where it is not its first. */
const dateOf = (at: Instant): string =>
  at.endsWith('T00:00:00.000Z') ? at.slice(0, 10) : `${at.slice(0, 10)} ${at.slice(11, 16)}`;

const seconds = (at: Instant): number => Math.floor(Date.parse(at) / 1000);
