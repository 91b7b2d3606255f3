import { type Instant, type Interval } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import {
  add,
  decimal,
  isZero,
  printDecimal,
  subtract,
  zero,
  type Decimal,
} from '../kernel/decimal.ts';
import { groupKeyFrom, type GroupValues } from '../usage/groups.ts';
import { type InvoiceLine } from './events.ts';
import { lineId, type RatedSegment } from './rating.ts';

/**
 * A period to settle: what its usage comes to now, and the lines of standing invoices that charged
 * for it.
 */
export type Settlement = {
  readonly period: Interval;
  readonly rated: readonly RatedSegment[];
  readonly charged: readonly InvoiceLine[];
};

type Balance = {
  readonly productId: string;
  readonly name: string;
  readonly segmentStart: Instant;
  readonly groupValues: GroupValues | null;
  readonly unitPrice: string | null;
  readonly quantity: Decimal;
  readonly amount: Decimal;
};

/**
 * Late usage (billing rule 21): per product, segment and group values, what the period comes to
 * less what was charged for it; tiers are summed.
 */
export function lateLines(
  invoiceId: string,
  { period, rated, charged }: Settlement,
): InvoiceLine[] {
  const balances = new Map<string, Balance>();
  const count = (balance: Balance): void => {
    const key = identityOf(balance).join(' ');
    const before = balances.get(key);
    balances.set(key, {
      ...(before ?? balance),
      quantity: add(before?.quantity ?? zero, balance.quantity),
      amount: add(before?.amount ?? zero, balance.amount),
    });
  };
  for (const { terms, segment, groupValues, lines } of rated) {
    const { productId, productName: name } = terms;
    const { startingAt: segmentStart, pricing } = segment;
    const unitPrice = pricing?.model === 'FLAT' ? pricing.unitPrice : null;
    for (const { quantity, amount } of lines) {
      count({ productId, name, segmentStart, groupValues, unitPrice, quantity, amount });
    }
  }
  for (const line of charged) {
    const quantity = subtract(zero, decimal(line.quantity));
    const amount = subtract(zero, decimal(line.amount));
    count({ ...line, quantity, amount });
  }
  return [...balances.values()]
    .filter(({ quantity, amount }) => !isZero(quantity) || !isZero(amount))
    .map((balance) => lateLine(invoiceId, period, balance));
}

/** What is settled together; of usage that is rated as one, as it was before groups. */
export const identityOf = ({
  productId,
  segmentStart,
  groupValues,
}: Pick<Balance, 'productId' | 'segmentStart' | 'groupValues'>): readonly string[] => [
  productId,
  segmentStart,
  ...(groupValues === null ? [] : [groupKeyFrom(groupValues)]),
];

const lateLine = (invoiceId: string, period: Interval, balance: Balance): InvoiceLine => ({
  lineId: lateLineId(invoiceId, period, balance),
  type: 'LATE_USAGE',
  productId: balance.productId,
  name: balance.name,
  startingAt: period.startingAt,
  endingBefore: period.endingBefore,
  period,
  segmentStart: balance.segmentStart,
  quantity: printDecimal(balance.quantity),
  unitPrice: balance.unitPrice,
  amount: printDecimal(balance.amount),
  tier: null,
  groupValues: balance.groupValues,
});

function lateLineId(invoiceId: string, period: Interval, balance: Balance): string {
  const [productId, ...rest] = identityOf(balance);
  const product = present(productId, 'a product comes first');
  return lineId(invoiceId, 'LATE_USAGE', product, period.startingAt, ...rest);
}
