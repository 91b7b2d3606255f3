import { boundary, isOnHour, type Instant, type OpenInterval } from '../kernel/calendar.ts';
import { decimal, isNegative, multiply, printDecimal, type Decimal } from '../kernel/decimal.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { divideAmount, divideIntoWhole, minorDigits } from '../kernel/money.ts';
import { type ChargedAmount, type RecurringSchedule, type ScheduleItem } from './commands.ts';
import { type Occurrence } from './events.ts';

export type ScheduleRefusal =
  | 'not_on_hour'
  | 'ends_before_start'
  | 'schedule_empty'
  | 'amount_or_unit_price'
  | 'amount_negative'
  | 'amount_finer_than_minor_unit'
  | 'charge_outside_contract'
  | 'too_many_occurrences';

type Path = readonly (string | number)[];
type Term = OpenInterval & { readonly currency: string };
type Scheduled = readonly Occurrence[] | Refused<ScheduleRefusal>;

const occurrencesMax = 10_000;

/** The occurrences of a rule, oldest first, or why it cannot stand in the contract. */
export function recurring(term: Term, schedule: RecurringSchedule, at: Path): Scheduled {
  const { startingAt, endingBefore, amountDistribution } = schedule;
  if (!isOnHour(startingAt)) return refuse('not_on_hour', [...at, 'startingAt']);
  if (!isOnHour(endingBefore)) return refuse('not_on_hour', [...at, 'endingBefore']);
  if (endingBefore <= startingAt) return refuse('ends_before_start', [...at, 'endingBefore']);
  const price = priceOf(schedule, term.currency, at);
  if ('refused' in price) return price;
  const instants = instantsOf(schedule);
  if (instants === undefined) return refuse('too_many_occurrences', [...at, 'endingBefore']);
  const last = instants.at(-1) ?? startingAt;
  if (startingAt < term.startingAt) return refuse('charge_outside_contract', [...at, 'startingAt']);
  if (term.endingBefore !== null && last >= term.endingBefore) {
    return refuse('charge_outside_contract', [...at, 'endingBefore']);
  }
  if (amountDistribution === null) return instants.map((timestamp) => occurrence(timestamp, price));
  const divide = amountDistribution === 'DIVIDED' ? divideAmount : divideIntoWhole;
  const parts = divide(amountOf(price), instants.length, term.currency);
  return instants.map((timestamp, index) => occurrence(timestamp, alone(parts[index] ?? nothing)));
}

/** The occurrences of a schedule that was written out, oldest first, or why it cannot stand. */
export function itemized(term: Term, items: readonly ScheduleItem[], at: Path): Scheduled {
  if (items.length === 0) return refuse('schedule_empty', at);
  if (items.length > occurrencesMax) return refuse('too_many_occurrences', at);
  const occurrences: Occurrence[] = [];
  for (const [index, item] of items.entries()) {
    const { timestamp } = item;
    const field = [...at, index];
    if (!isOnHour(timestamp)) return refuse('not_on_hour', [...field, 'timestamp']);
    const price = priceOf(item, term.currency, field);
    if ('refused' in price) return price;
    const ended = term.endingBefore !== null && timestamp >= term.endingBefore;
    if (timestamp < term.startingAt || ended) {
      return refuse('charge_outside_contract', [...field, 'timestamp']);
    }
    occurrences.push(occurrence(timestamp, price));
  }
  return occurrences.sort((a, b) =>
    a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0,
  );
}

type Price = { readonly quantity: Decimal; readonly unitPrice: Decimal };

const one = decimal('1');
const nothing = decimal('0');

/** An amount by itself is quantity 1 at that unit price (billing rule 8). */
const alone = (unitPrice: Decimal): Price => ({ quantity: one, unitPrice });

const amountOf = ({ quantity, unitPrice }: Price): Decimal => multiply(quantity, unitPrice);

function priceOf(
  asked: ChargedAmount,
  currency: string,
  at: Path,
): Price | Refused<ScheduleRefusal> {
  const { amount, unitPrice, quantity } = asked;
  const priced = unitPrice !== null && quantity !== null;
  const neither = unitPrice === null && quantity === null;
  if (amount === null ? !priced : !neither)
    return refuse('amount_or_unit_price', [...at, 'amount']);
  for (const part of ['amount', 'unitPrice', 'quantity'] as const) {
    if (isNegative(decimal(asked[part] ?? '0'))) return refuse('amount_negative', [...at, part]);
  }
  const price = {
    quantity: decimal(quantity ?? '1'),
    unitPrice: decimal(unitPrice ?? amount ?? '0'),
  };
  if (amountOf(price).scale <= minorDigits(currency)) return price;
  const field = [...at, amount === null ? 'unitPrice' : 'amount'];
  return refuse('amount_finer_than_minor_unit', field, currency);
}

const occurrence = (timestamp: Instant, price: Price): Occurrence => ({
  timestamp,
  quantity: printDecimal(price.quantity),
  unitPrice: printDecimal(price.unitPrice),
  amount: printDecimal(amountOf(price)),
});

function instantsOf({
  startingAt,
  endingBefore,
  frequency,
}: RecurringSchedule): Instant[] | undefined {
  const instants: Instant[] = [];
  for (let k = 0; ; k += 1) {
    const at = boundary(startingAt, frequency, k);
    if (at >= endingBefore) return instants;
    if (k === occurrencesMax) return undefined;
    instants.push(at);
  }
}
