import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Pricing } from '../src/catalog/events.ts';
import { rateUnderContract } from '../src/contracts/rate-schedule.ts';
import { type PriceSource } from '../src/invoices/events.ts';
import { productsByIds, ratesOfCards } from './catalog.ts';
import { contractsByIds } from './contracts.ts';
import { checkpoint } from './store.ts';
import { type MainTables } from './tables.ts';

export type EffectiveRate = {
  readonly contractId: string;
  readonly productId: string;
  readonly entitled: boolean;
  readonly pricing: Pricing | null;
  readonly source: PriceSource;
};

/**
 * For each contract, the rate in force at the instant of every product of its card, entitled or
 * not.
 */
export async function rateSchedule(
  db: Kysely<MainTables>,
  contractIds: readonly string[],
  at: Instant,
): Promise<ReadonlyMap<string, readonly EffectiveRate[]>> {
  const contracts = await contractsByIds(db, contractIds);
  const cards = [...new Set([...contracts.values()].map(({ rateCardId }) => rateCardId))];
  const rates = await ratesOfCards(db, cards, await checkpoint(db));
  const productIds = [...rates.values()].flatMap((list) => list.map(({ productId }) => productId));
  const products = await productsByIds(db, [...new Set(productIds)]);
  return new Map(
    [...contracts].map(([contractId, { rateCardId, overrides }]) => {
      const card = rates.get(rateCardId) ?? [];
      const rated = [...new Set(card.map(({ productId }) => productId))];
      return [
        contractId,
        rated.flatMap((productId) => {
          const product = present(products.get(productId), 'a rated product exists');
          const rate = rateUnderContract(card, overrides, product, at);
          return rate.pricing === null ? [] : [{ contractId, productId, ...rate }];
        }),
      ];
    }),
  );
}
