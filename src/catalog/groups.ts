import { overlap } from '../kernel/calendar.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { isLongerThan, longestKey } from '../kernel/names.ts';
import { type Metric, type Product, type Rate, type RateGroupValues } from './events.ts';

type Field = readonly (string | number)[];

export type GroupKeyRefusal = 'group_key_empty' | 'group_key_repeats' | 'group_key_too_long';
export type ProductGroupRefusal =
  'group_key_forbidden' | 'group_key_not_of_metric' | GroupKeyRefusal;
export type RateGroupRefusal = 'group_value_not_of_product' | 'rates_ambiguous';

/** Why a metric cannot be grouped by these keys, with the place of the first at fault. */
export function groupKeysFault(
  groupKeys: Metric['groupKeys'],
): Refused<GroupKeyRefusal> | undefined {
  for (const [index, key] of groupKeys.entries()) {
    const field = ['groupKeys', index];
    if (key.length === 0) return refuse('group_key_empty', field);
    const fault = namesFault(key, field);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Why a product cannot be priced or presented by this key; undefined when it can. */
export function productKeyFault(
  key: readonly string[],
  field: 'pricingGroupKey' | 'presentationGroupKey',
  metric: Metric | null,
): Refused<ProductGroupRefusal> | undefined {
  if (key.length === 0) return undefined;
  if (metric === null) return refuse('group_key_forbidden', [field]);
  const known = new Set(metric.groupKeys.flat());
  const unknown = key.findIndex((name) => !known.has(name));
  if (unknown >= 0) return refuse('group_key_not_of_metric', [field, unknown], key[unknown]);
  return namesFault(key, [field]);
}

/** Why a rate of the product cannot be for these values; undefined when it can. */
export function groupValuesFault(
  values: RateGroupValues,
  { pricingGroupKey = [] }: Product,
  field: Field,
): Refused<'group_value_not_of_product'> | undefined {
  const unknown = Object.keys(values).find((name) => !pricingGroupKey.includes(name));
  return unknown === undefined
    ? undefined
    : refuse('group_value_not_of_product', [...field, 'pricingGroupValues', unknown], unknown);
}

/**
 * The place of the first of the new rates that could match the same usage as another rate, equally
 * well: of one product, at one instant, naming as many properties, but other ones, with no value
 * that tells them apart (billing rule 18).
 */
export function ambiguousRate(added: readonly Rate[], rates: readonly Rate[]): number | undefined {
  const byProduct = new Map<string, GroupedRates>();
  const take = (rate: Rate): boolean => {
    const values = rate.pricingGroupValues;
    if (values === undefined) return false;
    const known = byProduct.get(rate.productId) ?? new Map<string, RatesByNames>();
    byProduct.set(rate.productId, known);
    return clashes(known, rate, values);
  };
  for (const rate of added) take(rate);
  const index = rates.findIndex(take);
  return index === -1 ? undefined : index;
}

/** The rates that name the same properties. */
type RatesByNames = { readonly names: readonly string[]; readonly rates: Rate[] };
type GroupedRates = Map<string, RatesByNames>;

/** Takes the rate in, and tells whether it clashes with one that was there. */
function clashes(known: GroupedRates, rate: Rate, values: RateGroupValues): boolean {
  const names = Object.keys(values).sort();
  const key = JSON.stringify(names);
  const same = known.get(key) ?? { names, rates: [] };
  known.set(key, same);
  same.rates.push(rate);
  return [...known.values()].some(
    (other) =>
      other !== same &&
      other.names.length === names.length &&
      other.rates.some((one) => overlap(one, rate) && agree(one.pricingGroupValues, values)),
  );
}

/** Whether no property that both name has two values. */
const agree = (a: RateGroupValues | undefined, b: RateGroupValues): boolean =>
  Object.entries(a ?? {}).every(([name, value]) => !Object.hasOwn(b, name) || b[name] === value);

function namesFault(names: readonly string[], field: Field): Refused<GroupKeyRefusal> | undefined {
  for (const [index, name] of names.entries()) {
    const at = [...field, index];
    if (name === '') return refuse('group_key_empty', at);
    if (isLongerThan(name, longestKey)) return refuse('group_key_too_long', at);
    if (names.indexOf(name) < index) return refuse('group_key_repeats', at, name);
  }
  return undefined;
}
