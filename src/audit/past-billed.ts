import { type Contract } from '../contracts/contract.ts';
import { openUsagePeriods } from '../contracts/periods.ts';
import { intervalOf } from '../invoices/draft.ts';
import { type ProductTerms } from '../invoices/events.ts';
import { periodOf, standingUsage } from '../invoices/settling.ts';
import { overlap, type Interval } from '../kernel/calendar.ts';
import { type Meter, type MeterReading } from '../usage/groups.ts';
import { type PastAccount, type PastSources } from './past-account.ts';
import { readPastMeters } from './past-usage.ts';
import { planTerms, propertiesOf } from './plan.ts';

/** What a contract billed, as it was known, and the usage that it billed. */
export type PastBilled = {
  readonly periods: readonly {
    readonly period: Interval;
    readonly terms: readonly ProductTerms[];
  }[];
  readonly metered: (meters: readonly Meter[]) => Promise<readonly MeterReading[]>;
  readonly propertiesOf: (terms: ProductTerms) => readonly string[];
};

/**
 * The periods that overlap the range: closed ones on the terms of their invoice, open ones on those
 * of the moment.
 */
export async function readPastBilled(
  { log, repeatsAt }: PastSources,
  account: PastAccount,
  contract: Contract,
  range: Interval,
): Promise<PastBilled> {
  const [facts, owned] = await Promise.all([account.facts(), account.owned()]);
  const closed = standingUsage(contract)
    .filter((closing) => !closing.lateOnly && overlap(periodOf(closing), range))
    .map((closing) => ({
      period: periodOf(closing),
      terms: facts.contents.get(closing.invoiceId)?.terms ?? [],
    }));
  const open: { period: Interval; terms: readonly ProductTerms[] }[] = [];
  for (const billing of openUsagePeriods(contract)) {
    if (billing.periodStart >= range.endingBefore) break;
    const period = intervalOf(billing);
    if (!overlap(period, range)) continue;
    open.push({ period, terms: planTerms(facts, contract, period) });
  }
  const usage = { log, repeatsAt, owned, through: account.through };
  return {
    periods: [...closed, ...open],
    metered: (meters) => readPastMeters(usage, facts.catalog.metrics, meters),
    propertiesOf: (terms) => propertiesOf(facts, terms),
  };
}
