import { type Kysely, type KyselyPlugin } from 'kysely';
import { type Views } from '../../schema/backend.ts';
import { createDrafts } from '../../projections/invoice-list.ts';
import { openStore, type Store } from '../../projections/store.ts';
import { type MainTables } from '../../projections/tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import {
  contractCreated,
  customerCreated,
  invoiceFinalized,
  metricCreated,
  month,
  periodClosed,
  productCreated,
  rate,
  rateCardCreated,
  ratesAdded,
} from '../support/main-events.ts';
import { type MainEvent } from '../support/recorded.ts';

export const hex = (index: number): string => index.toString(16).padStart(32, '0');
export const customerId = (index: number): string => `cus_${hex(index)}`;
export const contractId = (index: number): string => `con_${hex(index)}`;
export const invoiceId = (index: number): string => `inv_${hex(index)}_usage_20240101T00_0`;

/**
 * An account with so many customers, each with a contract on its own card and one final invoice.
 */
export function accountOf(customers: number): MainEvent[] {
  const metric = metricCreated('met_1');
  const products = ['prd_1', 'prd_2'].map(productCreated);
  return [metric, ...products, ...range(customers).flatMap(customerEvents)];
}

function customerEvents(index: number): MainEvent[] {
  const card = `crd_${hex(index)}`;
  const period = {
    customerId: customerId(index),
    contractId: contractId(index),
    invoiceId: invoiceId(index),
    index: 0,
    cut: 1,
  };
  const lines = ['prd_1', 'prd_2'].map((productId, place) => line(productId, place, index));
  return [
    rateCardCreated(card),
    ratesAdded(card, rate('prd_1', '0.1', month(0)), rate('prd_2', '0.15', month(0))),
    customerCreated(period.customerId, { ingestAliases: [`team${String(index)}@customer.com`] }),
    { ...contractCreated(period.customerId, period.contractId), rateCardId: card },
    periodClosed(period),
    { ...invoiceFinalized(period, 1), lines, total: '1.5' },
  ];
}

const line = (productId: string, place: number, index: number) => ({
  lineId: `${invoiceId(index)}_${String(place)}`,
  type: 'USAGE' as const,
  productId,
  name: `Product ${productId}`,
  startingAt: month(0),
  endingBefore: month(1),
  period: { startingAt: month(0), endingBefore: month(1) },
  segmentStart: month(0),
  quantity: place === 0 ? '15' : '0',
  unitPrice: place === 0 ? '0.1' : '0.15',
  amount: place === 0 ? '1.5' : '0',
  tier: null,
  groupValues: null,
});

export const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** How often the database was asked since the last reset. */
export const counted = { queries: 0 };

const counting: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: ({ result }) => {
    counted.queries += 1;
    return Promise.resolve(result);
  },
};

export const openUsage = (folder: string): Promise<Store<UsageTables>> => {
  const unused = (): never => {
    throw new Error('no usage is folded here');
  };
  const projections = [usageProjection({ originalLine: unused, history: unused })];
  return openStore({ folder, name: 'usage', projections });
};

/**
 * The read models of the two stores, as the composition root gives them; invoices are final ones
 * only.
 */
export function viewsOf(main: Store<MainTables>, usage: Store<UsageTables>): Partial<Views> {
  const reader = counts(main.reader);
  const unused = (): never => {
    throw new Error('final invoices wait for nothing');
  };
  const drafts = createDrafts(
    {
      main: { ...main, reader },
      usage,
      waitForMain: unused,
      waitForUsage: unused,
      contractsBefore: unused,
    },
    24,
  );
  const nowait = () => Promise.resolve();
  return {
    main: reader,
    usage: counts(usage.reader),
    drafts,
    settle: nowait,
    waitFor: nowait,
    waitForMain: nowait,
  };
}

const counts = <Tables>(db: Kysely<Tables>): Kysely<Tables> => db.withPlugin(counting);
