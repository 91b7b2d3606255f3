import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type RateInForce, ratesUnderContract } from '../src/contracts/rate-schedule.ts';
import { productsByIds, ratesOfCards } from './catalog.ts';
import { contractsByIds } from './contracts.ts';
import { checkpoint } from './store.ts';
import { type MainTables } from './tables.ts';

/** A rate in force under a contract; values: empty where it is for all usage of the product. */
export type EffectiveRate = RateInForce & {
  readonly contractId: string;
  readonly productId: string;
};

/**
 * For each contract, the rates in force at the instant of every product of its card, entitled or
 * not: one for each set of group values that its price depends on.
 */
export async function rateSchedule(
  db: Kysely<MainTables>,
  contractIds: readonly string[],
  at: Instant,
): Promise<ReadonlyMap<string, readonly EffectiveRate[]>> {
  const contracts = await contractsByIds(db, contractIds);
  const cards = [...new Set([...contracts.values()].map(({ rateCardId }) => rateCardId))];
  const rates = await ratesOfCards(db, cards, await checkpoint(db));
  const productIds = [...rates.values()].flatMap((card) => [...card.keys()]);
  const products = await productsByIds(db, [...new Set(productIds)]);
  return new Map(
    [...contracts].map(([contractId, { rateCardId, overrides }]) => [
      contractId,
      [...(rates.get(rateCardId) ?? [])].flatMap(([productId, slots]) => {
        const product = present(products.get(productId), 'a rated product exists');
        return ratesUnderContract(slots, overrides, product, at).map((rate) => ({
          contractId,
          productId,
          ...rate,
        }));
      }),
    ]),
  );
}
