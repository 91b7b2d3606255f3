import { z } from 'zod';
import { clip, overlap, type Interval, type Window } from '../src/kernel/calendar.ts';
import { add, isZero, printDecimal } from '../src/kernel/decimal.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { openUsagePeriods } from '../src/contracts/periods.ts';
import { intervalOf } from '../src/invoices/draft.ts';
import { type ProductTerms } from '../src/invoices/events.ts';
import { meterOf } from '../src/invoices/groups.ts';
import { standingUsage } from '../src/invoices/settling.ts';
import { cutIntoPieces, figuresByWindow, windowsOf, type Figure } from '../src/invoices/windows.ts';
import { nothingRead, type Meter, type MeterReading } from '../src/usage/groups.ts';
import { accountsAt, lastAccountChange, type Figures } from './accounts.ts';
import { contentsOf } from './contents.ts';
import { contractCustomers } from './contracts.ts';
import { figuresAt } from './drafts.ts';
import { contractIn, propertiesOf, termsOf } from './figures.ts';
import { decodeCursor, encodeCursor, pageOf, type Page } from './page.ts';
import { atOnePosition, type ReadModels } from './read-models.ts';

export type RatedUsageRequest = Interval & {
  readonly contractId: string;
  readonly window: Exclude<Window, 'HOUR'>;
  readonly first: number;
  readonly after: string | null;
};

export type RatedUsagePoint = Interval & {
  readonly productId: string;
  readonly quantity: string;
  readonly amount: string;
  readonly currency: string;
};

type Sums = Map<string, Interval & Figure & { readonly productId: string }>;

/** What a contract bills, and the usage that it bills. */
export type RatedSource = {
  readonly contract: Contract;
  readonly periods: readonly BilledPeriod[];
  readonly metered: (meters: readonly Meter[]) => Promise<readonly MeterReading[]>;
  readonly propertiesOf: (terms: ProductTerms) => readonly string[];
};

/**
 * What a contract's usage costs, window by window, then product; windows in which nothing was used
 * are left out.
 */
export async function ratedUsage(
  models: ReadModels,
  request: RatedUsageRequest,
): Promise<Page<RatedUsagePoint>> {
  const { contractId } = request;
  const customerId = (await contractCustomers(models.main.reader, [contractId])).get(contractId);
  if (customerId === undefined) return ratedUsageFrom(null, request);
  return atOnePosition(models, lastAccountChange([customerId]), async (moment) => {
    const account = present(
      (await accountsAt(moment, [customerId])).get(customerId),
      'a contract belongs to a customer',
    );
    const contract = contractIn(account, contractId);
    const figures = figuresAt(moment, account, null);
    const periods = await billedPeriods(figures, contract, request);
    const { metered } = figures;
    const ofAccount = (terms: ProductTerms) => propertiesOf(account, terms);
    return ratedUsageFrom({ contract, periods, metered, propertiesOf: ofAccount }, request);
  });
}

/** The page that is asked for, of what is billed; null: there is no such contract. */
export async function ratedUsageFrom(
  source: RatedSource | null,
  request: RatedUsageRequest,
): Promise<Page<RatedUsagePoint>> {
  const after = decodeCursor('ratedUsage', z.tuple([z.string(), z.string()]), request.after);
  if (source === null) return pageOf([], request, 0, (node: never) => node);
  const sums: Sums = new Map();
  for (const period of source.periods) await addPeriod(source, request, period, sums);
  const points = [...sums.entries()]
    .filter(([, { quantity, amount }]) => !isZero(quantity) || !isZero(amount))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, point]) => ({
      ...point,
      quantity: printDecimal(point.quantity),
      amount: printDecimal(point.amount),
      currency: source.contract.currency,
    }));
  const key = (point: RatedUsagePoint): string => keyOf(point.startingAt, point.productId);
  const rest = after === null ? points : points.filter((p) => key(p) > keyOf(after[0], after[1]));
  return pageOf(rest.slice(0, request.first + 1), request, points.length, (node) => ({
    cursor: encodeCursor('ratedUsage', [node.startingAt, node.productId]),
    node,
  }));
}

const keyOf = (startingAt: string, productId: string): string => `${startingAt} ${productId}`;

export type BilledPeriod = { readonly period: Interval; readonly terms: readonly ProductTerms[] };

/**
 * The periods that overlap the range, and how they are billed: closed ones on the terms of their
 * invoice, open ones on today's.
 */
export async function billedPeriods(
  figures: Figures,
  contract: Contract,
  range: Interval,
): Promise<BilledPeriod[]> {
  const closed = standingUsage(contract)
    .filter((closing) => !closing.lateOnly)
    .map((closing) => ({
      closing,
      period: { startingAt: closing.periodStart, endingBefore: closing.periodEnd },
    }))
    .filter(({ period }) => overlap(period, range));
  const contents = await contentsOf(
    figures,
    closed.map(({ closing }) => closing),
  );
  const periods: BilledPeriod[] = closed.map(({ period }, index) => ({
    period,
    terms: contents[index]?.terms ?? [],
  }));
  for (const open of openUsagePeriods(contract)) {
    if (open.periodStart >= range.endingBefore) break;
    const period = intervalOf(open);
    if (overlap(period, range))
      periods.push({ period, terms: await termsOf(figures, contract, period) });
  }
  return periods;
}

async function addPeriod(
  { contract, metered, propertiesOf: namesOf }: RatedSource,
  { startingAt, endingBefore, window }: RatedUsageRequest,
  { period, terms }: BilledPeriod,
  sums: Sums,
): Promise<void> {
  const range: Interval = { startingAt, endingBefore };
  const windows = windowsOf(range, window).filter((one) => overlap(one, period));
  const clipped = windows.map((one) => clip(one, period));
  const pieces = terms.map((product) => cutIntoPieces(product, clipped));
  const readings = await metered(
    pieces.map(({ terms: product, intervals }) => meterOf(product, namesOf(product), intervals)),
  );
  for (const [at, cut] of pieces.entries()) {
    const { productId } = cut.terms;
    const billed = figuresByWindow(cut, readings[at] ?? nothingRead, clipped, contract.currency);
    for (const [index, whole] of windows.entries()) {
      const figure = billed[index];
      if (figure === undefined) continue;
      const key = keyOf(whole.startingAt, productId);
      const sum = sums.get(key);
      sums.set(key, {
        ...whole,
        productId,
        quantity: sum === undefined ? figure.quantity : add(sum.quantity, figure.quantity),
        amount: sum === undefined ? figure.amount : add(sum.amount, figure.amount),
      });
    }
  }
}
