import { type Kysely } from 'kysely';
import { NotCounted } from '../src/application/ports.ts';
import { type Closing, type CustomerContracts } from '../src/contracts/contract.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { type LateMark } from '../src/invoices/settling.ts';
import { type Catalog } from '../src/invoices/terms.ts';
import { type Meter, type MeterReading } from '../src/usage/groups.ts';
import { metricsByIds, productsByIds, rateCardPosition, ratesOfCards } from './catalog.ts';
import { customerContracts } from './contracts.ts';
import { type Moment } from './read-models.ts';
import { type MainTables } from './tables.ts';
import { lateMarks } from './usage.ts';
import { uncounted } from './usage-behind.ts';

/** What a customer's invoices are computed with, beside metered usage. */
export type Account = {
  readonly customerId: string;
  readonly contracts: CustomerContracts;
  readonly catalog: Catalog;
  readonly lateMarks: readonly LateMark[];
  /** Metrics of the catalog that do not count all earlier usage yet. */
  readonly uncounted: ReadonlySet<string>;
};

/**
 * What an invoice is computed from; beforeCut: usage counts as of that cut, null: all that is
 * folded.
 */
export type Figures = {
  readonly moment: Moment;
  readonly account: Account;
  readonly beforeCut: number | null;
  /** Metered usage: that of the store, and for a preview what is added to it. */
  readonly metered: (meters: readonly Meter[]) => Promise<readonly MeterReading[]>;
  /** What a closed period's invoice says, when it is not published yet. */
  readonly frozen: (closing: Closing) => Promise<InvoiceContent>;
};

/** The position of the last event that changed the customers' contracts or what their cards say. */
export const lastAccountChange =
  (customerIds: readonly string[]) =>
  async (main: Kysely<MainTables>): Promise<bigint> => {
    const found = [...(await customerContracts(main, customerIds)).values()];
    const cards = await rateCardPosition(main, cardIds(found.map(({ state }) => state)));
    return found.reduce((last, { position }) => (position > last ? position : last), cards);
  };

/** The customers that have contracts, as of the moment. */
export async function accountsAt(
  moment: Moment,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, Account>> {
  const found = await customerContracts(moment.main, customerIds);
  const contracts = new Map([...found].map(([id, { state }]) => [id, state]));
  return accountsOf(moment, contracts);
}

/** The customers with these contracts; the catalog is read as it was recorded up to the moment. */
export async function accountsOf(
  { main, usage, position }: Moment,
  contracts: ReadonlyMap<string, CustomerContracts>,
): Promise<ReadonlyMap<string, Account>> {
  const rates = await ratesOfCards(main, cardIds([...contracts.values()]), position);
  const rated = [...rates.values()].flatMap((card) => [...card.keys()]);
  const products = await productsByIds(main, [...new Set(rated)]);
  const metered = [...products.values()].flatMap((product) => product.metricId ?? []);
  const metricIds = [...new Set(metered)];
  const catalog = { rates, products, metrics: await metricsByIds(main, metricIds) };
  const behind = new Set(await uncounted(usage, metricIds));
  const marks = await lateMarks(usage, [...contracts.keys()]);
  return new Map(
    [...contracts].map(([customerId, state]) => [
      customerId,
      {
        customerId,
        contracts: state,
        catalog,
        lateMarks: marks.get(customerId) ?? [],
        uncounted: behind,
      },
    ]),
  );
}

/** Throws NotCounted when one of the metrics does not count all earlier usage yet. */
export function needCounted(
  { uncounted: behind }: Pick<Account, 'uncounted'>,
  needed: readonly { readonly metricId: string }[],
): void {
  const missing = needed.map(({ metricId }) => metricId).filter((id) => behind.has(id));
  if (missing.length > 0) throw new NotCounted([...new Set(missing)]);
}

const cardIds = (states: readonly CustomerContracts[]): string[] => [
  ...new Set(states.flatMap(({ contracts }) => contracts.map(({ rateCardId }) => rateCardId))),
];
