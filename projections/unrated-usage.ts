import { addHours, hourOf, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { printDecimal } from '../src/kernel/decimal.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { type ProductTerms } from '../src/invoices/events.ts';
import { allSegments, cellsOf, meterOf } from '../src/invoices/groups.ts';
import { unrated } from '../src/invoices/rating.ts';
import { nothingRead, type GroupValues } from '../src/usage/groups.ts';
import { accountsAt, lastAccountChange } from './accounts.ts';
import { contractCustomers } from './contracts.ts';
import { figuresAt } from './drafts.ts';
import { contractIn, propertiesOf } from './figures.ts';
import { billedPeriods } from './rated-usage.ts';
import { atOnePosition, type ReadModels } from './read-models.ts';

/** null: from the contract's start, and through the periods that have begun. */
export type UnratedUsageRequest = {
  readonly contractId: string;
  readonly startingAt: Instant | null;
  readonly endingBefore: Instant | null;
};

/** Usage of a product that no rate is for. */
export type UnratedUsage = Interval & {
  readonly productId: string;
  /** null: the product's usage is rated as one. */
  readonly groupValues: GroupValues | null;
  readonly quantity: string;
};

/**
 * What a contract does not bill because no rate is for it (billing rule 18), period by period, of
 * those that overlap the range: closed ones on the terms of their invoice.
 */
export async function unratedUsage(
  models: ReadModels,
  request: UnratedUsageRequest,
  now: Instant,
): Promise<readonly UnratedUsage[]> {
  const { contractId } = request;
  const customerId = (await contractCustomers(models.main.reader, [contractId])).get(contractId);
  if (customerId === undefined) return [];
  return atOnePosition(models, lastAccountChange([customerId]), async (moment) => {
    const account = present(
      (await accountsAt(moment, [customerId])).get(customerId),
      'a contract belongs to a customer',
    );
    const contract = contractIn(account, contractId);
    const range = rangeOf(request, contract, now);
    if (range.startingAt >= range.endingBefore) return [];
    const figures = figuresAt(moment, account, null);
    const found: UnratedUsage[] = [];
    for (const period of await billedPeriods(figures, contract, range)) {
      const terms = period.terms.filter(leavesUnrated);
      const readings = await figures.metered(
        terms.map((one) => meterOf(one, propertiesOf(account, one), cellsOf(one))),
      );
      for (const [index, one] of terms.entries()) {
        for (const metered of unrated(one, readings[index] ?? nothingRead)) {
          found.push(asUnrated(one, metered));
        }
      }
    }
    return found;
  });
}

export const rangeOf = (
  { startingAt, endingBefore }: UnratedUsageRequest,
  contract: Contract,
  now: Instant,
): Interval => ({
  startingAt: startingAt ?? contract.startingAt,
  endingBefore: endingBefore ?? addHours(hourOf(now), 1),
});

export const asUnrated = (
  { productId }: ProductTerms,
  {
    segment,
    groupValues,
    quantity,
  }: Pick<ReturnType<typeof unrated>[number], 'segment' | 'groupValues' | 'quantity'>,
): UnratedUsage => ({
  productId,
  groupValues,
  startingAt: segment.startingAt,
  endingBefore: segment.endingBefore,
  quantity: printDecimal(quantity),
});

const leavesUnrated = (terms: ProductTerms): boolean =>
  allSegments(terms).some((segment) => segment.unrated === true);
