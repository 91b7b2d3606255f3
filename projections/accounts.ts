import { type Kysely } from 'kysely';
import { type CustomerContracts } from '../src/contracts/contract.ts';
import { type Catalog } from '../src/invoices/terms.ts';
import { metricsByIds, productsByIds, rateCardPosition, ratesOfCards } from './catalog.ts';
import { customerContracts } from './contracts.ts';
import { type MainTables } from './tables.ts';

/** What a customer's invoices are computed with, beside its usage. */
export type Account = {
  readonly customerId: string;
  readonly contracts: CustomerContracts;
  readonly catalog: Catalog;
};

/** The position of the last event that changed the customer's contracts or what their cards say. */
export async function lastAccountChange(
  main: Kysely<MainTables>,
  customerId: string,
): Promise<bigint> {
  const found = (await customerContracts(main, [customerId])).get(customerId);
  if (found === undefined) return 0n;
  const cards = await rateCardPosition(main, cardIds(found.state));
  return cards > found.position ? cards : found.position;
}

/** The customer's contracts with the catalog as it was recorded up to the position. */
export async function accountAt(
  main: Kysely<MainTables>,
  customerId: string,
  contracts: CustomerContracts,
  position: bigint,
): Promise<Account> {
  const rates = await ratesOfCards(main, cardIds(contracts), position);
  const productIds = [...rates.values()].flatMap((list) => list.map((rate) => rate.productId));
  const products = await productsByIds(main, [...new Set(productIds)]);
  const metricIds = [...products.values()].flatMap((product) => product.metricId ?? []);
  const metrics = await metricsByIds(main, [...new Set(metricIds)]);
  return { customerId, contracts, catalog: { rates, products, metrics } };
}

const cardIds = ({ contracts }: CustomerContracts): string[] => [
  ...new Set(contracts.map((contract) => contract.rateCardId)),
];
