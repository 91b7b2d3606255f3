import { type Contract } from '../contracts/contract.ts';
import { type ProductTerms } from '../invoices/events.ts';
import { allSegments, cellsOf, meterOf } from '../invoices/groups.ts';
import { unrated } from '../invoices/rating.ts';
import { type Interval } from '../kernel/calendar.ts';
import { nothingRead } from '../usage/groups.ts';
import { type PastAccount, type PastSources } from './past-account.ts';
import { readPastBilled } from './past-billed.ts';

export type PastUnrated = ReturnType<typeof unrated>[number] & { readonly terms: ProductTerms };

/** What the contract did not bill because no rate was for it (billing rule 18). */
export async function readPastUnrated(
  sources: PastSources,
  account: PastAccount,
  contract: Contract,
  range: Interval,
): Promise<readonly PastUnrated[]> {
  const billed = await readPastBilled(sources, account, contract, range);
  const terms = billed.periods
    .flatMap((period) => period.terms)
    .filter((one) => allSegments(one).some((segment) => segment.unrated === true));
  const meters = terms.map((one) => meterOf(one, billed.propertiesOf(one), cellsOf(one)));
  const readings = await billed.metered(meters);
  return terms.flatMap((one, index) =>
    unrated(one, readings[index] ?? nothingRead).map((metered) => ({ ...metered, terms: one })),
  );
}
