import { overlap, type Interval } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import { type RatesByProduct } from '../catalog/rates.ts';
import { contractById, type Closing, type Contract } from '../contracts/contract.ts';
import { type BillingPeriod } from '../contracts/periods.ts';
import { intervalOf, scheduledInvoice, usageInvoice } from '../invoices/draft.ts';
import { type InvoiceContent, type InvoiceLine, type ProductTerms } from '../invoices/events.ts';
import { allSegments, cellsOf, meterOf } from '../invoices/groups.ts';
import { rate, type Reading } from '../invoices/rating.ts';
import { type Rival, type SettledPeriod } from '../invoices/rivals.ts';
import {
  chargingBefore,
  periodOf,
  periodsToSettle,
  standingUsage,
  type PeriodToSettle,
} from '../invoices/settling.ts';
import { termsOver } from '../invoices/terms.ts';
import { groupProperties, nothingRead, type Meter } from '../usage/groups.ts';
import { type ClosedFacts, type Facts } from './facts.ts';

/** What has to be metered for an invoice, and the invoice once it is. */
export type Plan = {
  readonly meters: readonly Meter[];
  /** The readings are in the order of the meters. */
  finish(readings: readonly Reading[]): InvoiceContent;
};

/** How the invoice of a closed period is computed; late: the closed periods it has to settle. */
export function planInvoice(facts: ClosedFacts, late: readonly Closing[]): Plan {
  const { event } = facts.closed;
  const contract = present(contractById(facts.contracts, event.contractId), 'a contract of it');
  const period: BillingPeriod = {
    ...event,
    dueFrom: event.closedAt,
    graced: false,
    reopened: false,
  };
  return planPeriod(facts, contract, period, late);
}

/** How the invoice of a period is computed, as planInvoice says. */
export function planPeriod(
  facts: Facts,
  contract: Contract,
  period: BillingPeriod,
  late: readonly Closing[],
): Plan {
  if (period.invoiceType === 'SCHEDULED') {
    return { meters: [], finish: () => scheduledInvoice(contract, period) };
  }
  const terms = period.lateOnly ? [] : planTerms(facts, contract, intervalOf(period));
  const settling = settlementsOf(facts, contract, period, late);
  const parts = [terms, ...settling.map((one) => one.terms)];
  const metered = parts.flat().filter(billsAny);
  return {
    meters: metered.map((one) => meterOf(one, propertiesOf(facts, one), cellsOf(one))),
    finish(readings) {
      const readingOf = new Map(metered.map((one, index) => [one, readings[index]]));
      const rated = (some: readonly ProductTerms[]): Reading[] =>
        some.map((one) => readingOf.get(one) ?? nothingRead);
      const settlements = settling.map((one) => ({
        period: one.period,
        rated: rate(one.terms, rated(one.terms), contract.currency),
        charged: one.charged,
      }));
      return usageInvoice(contract, period, { terms, readings: rated(terms), settlements });
    },
  };
}

/** How the contract bills an interval that is not closed. */
export const planTerms = (facts: Facts, contract: Contract, interval: Interval): ProductTerms[] =>
  termsOver(contract, rivalsOf(facts, contract, interval), facts.catalog, interval);

const billsAny = (terms: ProductTerms): boolean =>
  allSegments(terms).some(({ pricing }) => pricing !== null);

export const propertiesOf = ({ catalog }: Facts, { metricId }: ProductTerms): readonly string[] =>
  groupProperties(present(catalog.metrics.get(metricId), 'a metric of the card').groupKeys);

type Settling = {
  readonly period: Interval;
  readonly terms: readonly ProductTerms[];
  readonly charged: readonly InvoiceLine[];
};

function settlementsOf(
  facts: Facts,
  contract: Contract,
  period: BillingPeriod,
  late: readonly Closing[],
): readonly Settling[] {
  const ids = new Set(late.map(({ invoiceId }) => invoiceId));
  const isUnsettled = ({ invoiceId }: Closing): boolean => ids.has(invoiceId);
  const lateLines = chargingBefore(contract, period, isUnsettled)
    .flatMap((closing) => contentOf(facts, closing).lines)
    .filter(({ type }) => type === 'LATE_USAGE');
  return periodsToSettle(contract, period, isUnsettled, lateLines).map((settle) =>
    settlingOf(facts, settle, lateLines),
  );
}

function settlingOf(
  facts: Facts,
  { period, closing }: PeriodToSettle,
  lateLines: readonly InvoiceLine[],
): Settling {
  const late = lateLines.filter((line) => line.period.startingAt === period.startingAt);
  if (closing === null) return { period, terms: [], charged: late };
  const { terms, lines } = contentOf(facts, closing);
  return { period, terms, charged: [...lines.filter(({ type }) => type === 'USAGE'), ...late] };
}

const contentOf = ({ contents }: Facts, { invoiceId }: Closing): InvoiceContent =>
  present(contents.get(invoiceId), 'a closed period has an invoice');

/** The customer's other contracts that may bill some of the same usage in the interval. */
function rivalsOf(facts: Facts, contract: Contract, interval: Interval): Rival[] {
  const { contracts } = facts.contracts;
  const place = contracts.findIndex(({ contractId }) => contractId === contract.contractId);
  const ratesOf = ({ rateCardId }: Contract): RatesByProduct =>
    facts.catalog.rates.get(rateCardId) ?? new Map();
  const products = ratesOf(contract);
  return contracts.flatMap((other, index): Rival[] => {
    const rates = ratesOf(other);
    const shares = [...rates.keys()].some((productId) => products.has(productId));
    if (index === place || !shares) return [];
    const settled = standingUsage(other)
      .filter((closing) => !closing.lateOnly && overlap(periodOf(closing), interval))
      .map((closing): SettledPeriod => ({
        period: periodOf(closing),
        terms: contentOf(facts, closing).terms,
        rates: facts.ratesAtClosing(other.rateCardId, closing.invoiceId),
      }));
    const isEarlier = index < place;
    if (settled.length === 0 && !(isEarlier && overlap(other, interval))) return [];
    return [{ contract: other, isEarlier, rates, settled }];
  });
}
