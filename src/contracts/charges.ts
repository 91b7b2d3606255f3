import { type OpenInterval } from '../kernel/calendar.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { fingerprint } from '../kernel/ids.ts';
import { nameFault } from '../kernel/names.ts';
import { type KnownProducts } from '../catalog/events.ts';
import { knownProduct } from '../catalog/product.ts';
import { type ScheduledChargeInput } from './commands.ts';
import { type ScheduledCharge } from './events.ts';
import { itemized, recurring, type ScheduleRefusal } from './schedules.ts';

export type ChargeRefusal =
  'product_not_found' | 'product_not_fixed' | 'name_empty' | 'name_too_long' | ScheduleRefusal;

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
    const { recurringSchedule, scheduleItems } = input;
    const at = [...field, 'schedule'];
    const occurrences =
      recurringSchedule === null
        ? itemized(contract, scheduleItems ?? [], [...at, 'scheduleItems'])
        : recurring(contract, recurringSchedule, [...at, 'recurringSchedule']);
    if ('refused' in occurrences) return occurrences;
    charges.push({
      chargeId: `chg_${fingerprint(contract.contractId, String(index))}`,
      productId: input.productId,
      name: input.name ?? product.name,
      occurrences,
    });
  }
  return charges;
}
