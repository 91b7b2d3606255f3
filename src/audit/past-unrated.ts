import { type Contract } from '../contracts/contract.ts';
import { openUsagePeriods } from '../contracts/periods.ts';
import { intervalOf } from '../invoices/draft.ts';
import { type ProductTerms } from '../invoices/events.ts';
import { allSegments, cellsOf, meterOf } from '../invoices/groups.ts';
import { unrated } from '../invoices/rating.ts';
import { periodOf, standingUsage } from '../invoices/settling.ts';
import { overlap, type Interval } from '../kernel/calendar.ts';
import { nothingRead } from '../usage/groups.ts';
import { type PastAccount, type PastSources } from './past-account.ts';
import { readPastMeters } from './past-usage.ts';
import { planTerms, propertiesOf } from './plan.ts';

export type PastUnrated = ReturnType<typeof unrated>[number] & { readonly terms: ProductTerms };

/** What the contract did not bill because no rate was for it (billing rule 18). */
export async function readPastUnrated(
  { log, repeatsAt }: PastSources,
  account: PastAccount,
  contract: Contract,
  range: Interval,
): Promise<readonly PastUnrated[]> {
  const [facts, owned] = await Promise.all([account.facts(), account.owned()]);
  const closed = standingUsage(contract)
    .filter((closing) => !closing.lateOnly && overlap(periodOf(closing), range))
    .flatMap(({ invoiceId }) => facts.contents.get(invoiceId)?.terms ?? []);
  const open: ProductTerms[] = [];
  for (const period of openUsagePeriods(contract)) {
    if (period.periodStart >= range.endingBefore) break;
    const interval = intervalOf(period);
    if (overlap(interval, range)) open.push(...planTerms(facts, contract, interval));
  }
  const terms = [...closed, ...open].filter((one) =>
    allSegments(one).some((segment) => segment.unrated === true),
  );
  const meters = terms.map((one) => meterOf(one, propertiesOf(facts, one), cellsOf(one)));
  const usage = { log, repeatsAt, owned, through: account.through };
  const readings = await readPastMeters(usage, facts.catalog.metrics, meters);
  return terms.flatMap((one, index) =>
    unrated(one, readings[index] ?? nothingRead).map((metered) => ({ ...metered, terms: one })),
  );
}
