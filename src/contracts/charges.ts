import { boundary, isOnHour, type Instant, type OpenInterval } from '../kernel/calendar.ts';
import { decimal, isNegative, multiply, printDecimal } from '../kernel/decimal.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { fingerprint } from '../kernel/ids.ts';
import { minorDigits } from '../kernel/money.ts';
import { nameFault } from '../kernel/names.ts';
import { type KnownProducts } from '../catalog/events.ts';
import { knownProduct } from '../catalog/product.ts';
import { type RecurringSchedule, type ScheduledChargeInput } from './commands.ts';
import { type Occurrence, type ScheduledCharge } from './events.ts';

export type ChargeRefusal =
  | 'product_not_found'
  | 'product_not_fixed'
  | 'name_empty'
  | 'name_too_long'
  | 'not_on_hour'
  | 'ends_before_start'
  | 'amount_or_unit_price'
  | 'amount_negative'
  | 'amount_finer_than_minor_unit'
  | 'charge_outside_contract'
  | 'too_many_occurrences';

const occurrencesMax = 10_000;

/**
 * The charges that a contract asks for, with their occurrences computed once and for all, or why
 * not.
 */
export function scheduleCharges(
  contract: OpenInterval & { readonly contractId: string; readonly currency: string },
  inputs: readonly ScheduledChargeInput[],
  products: KnownProducts,
): readonly ScheduledCharge[] | Refused<ChargeRefusal> {
  const charges: ScheduledCharge[] = [];
  for (const [index, input] of inputs.entries()) {
    const field = ['scheduledCharges', index];
    const product = knownProduct(products, input.productId);
    if (product === undefined) return refuse('product_not_found', [...field, 'productId']);
    if (product.productType !== 'FIXED')
      return refuse('product_not_fixed', [...field, 'productId']);
    const misnamed = input.name === null ? undefined : nameFault(input.name, [...field, 'name']);
    if (misnamed !== undefined) return misnamed;
    const at = [...field, 'schedule', 'recurringSchedule'];
    const refused = refuseSchedule(contract, input.recurringSchedule, at);
    if (refused !== undefined) return refused;
    charges.push({
      chargeId: `chg_${fingerprint(contract.contractId, String(index))}`,
      productId: input.productId,
      name: input.name ?? product.name,
      occurrences: occurrencesOf(input.recurringSchedule),
    });
  }
  return charges;
}

function refuseSchedule(
  contract: OpenInterval & { readonly currency: string },
  schedule: RecurringSchedule,
  at: readonly (string | number)[],
): Refused<ChargeRefusal> | undefined {
  const { startingAt, endingBefore, amount, unitPrice, quantity } = schedule;
  if (!isOnHour(startingAt)) return refuse('not_on_hour', [...at, 'startingAt']);
  if (!isOnHour(endingBefore)) return refuse('not_on_hour', [...at, 'endingBefore']);
  if (endingBefore <= startingAt) return refuse('ends_before_start', [...at, 'endingBefore']);
  const priced = unitPrice !== null && quantity !== null;
  const neither = unitPrice === null && quantity === null;
  if (amount === null ? !priced : !neither)
    return refuse('amount_or_unit_price', [...at, 'amount']);
  for (const part of ['amount', 'unitPrice', 'quantity'] as const) {
    if (isNegative(decimal(schedule[part] ?? '0'))) return refuse('amount_negative', [...at, part]);
  }
  const charged = multiply(decimal(quantity ?? '1'), decimal(unitPrice ?? amount ?? '0'));
  const moneyField = [...at, amount === null ? 'unitPrice' : 'amount'];
  if (charged.scale > minorDigits(contract.currency)) {
    return refuse('amount_finer_than_minor_unit', moneyField, contract.currency);
  }
  const instants = instantsOf(schedule);
  if (instants === undefined) return refuse('too_many_occurrences', [...at, 'endingBefore']);
  const last = instants.at(-1) ?? startingAt;
  if (startingAt < contract.startingAt)
    return refuse('charge_outside_contract', [...at, 'startingAt']);
  if (contract.endingBefore !== null && last >= contract.endingBefore) {
    return refuse('charge_outside_contract', [...at, 'endingBefore']);
  }
  return undefined;
}

const occurrencesOf = (schedule: RecurringSchedule): Occurrence[] => {
  const quantity = decimal(schedule.quantity ?? '1');
  const unitPrice = decimal(schedule.unitPrice ?? schedule.amount ?? '0');
  return (instantsOf(schedule) ?? []).map((timestamp) => ({
    timestamp,
    quantity: printDecimal(quantity),
    unitPrice: printDecimal(unitPrice),
    amount: printDecimal(multiply(quantity, unitPrice)),
  }));
};

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
