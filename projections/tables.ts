import { type CatalogTables } from './catalog-tables.ts';
import { catalogProjection } from './catalog.ts';
import { contractsProjection, type ContractTables } from './contracts.ts';
import { customersProjection, type CustomerTables } from './customers.ts';
import { claimStreams, historyProjection, type HistoryTables } from './history.ts';
import { type InvoiceTables } from './invoice-tables.ts';
import { invoicesProjection } from './invoices.ts';
import { type Projection } from './store.ts';

/** The small, fast store that mutations wait for. */
export type MainTables = CatalogTables &
  CustomerTables &
  ContractTables &
  InvoiceTables &
  HistoryTables;

export const mainProjections: readonly Projection<MainTables>[] = [
  catalogProjection,
  customersProjection,
  contractsProjection,
  invoicesProjection,
  historyProjection,
];

/** The streams that the main projections look at: it passes over the flood of usage. */
export const mainStreams: readonly string[] = [
  'billableMetric-',
  'product-',
  'rateCard-',
  'customer-',
  'contracts-',
  'invoice-',
  claimStreams,
];
