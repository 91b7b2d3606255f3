import { fold } from '../kernel/decider.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { rateCards, ratesOf } from '../catalog/decider.ts';
import { type KnownProducts } from '../catalog/events.ts';
import {
  metricStream,
  productStream,
  rateCardStream,
  type BillableMetricCreated,
  type Metric,
  type ProductCreated,
  type RateCardEvent,
} from '../catalog/events.ts';
import { type CardFacts } from '../contracts/commands.ts';
import { type CustomerState, customers } from '../customers/decider.ts';
import { customerStream } from '../customers/events.ts';
import { load, type Deps } from './handle.ts';

/**
 * Facts of other streams that decisions need, read from the log itself, never from a read model.
 */

export const metricFact = async (
  { log }: Deps,
  metricId: string | null,
): Promise<Metric | null> => {
  if (metricId === null) return null;
  const [created] = await log.readStream(metricStream(metricId), { maxCount: 1 });
  return created === undefined ? null : (created.event as BillableMetricCreated);
};

export const productFacts = async (
  { log }: Deps,
  productIds: readonly string[],
): Promise<KnownProducts> => {
  const known = await Promise.all(
    [...new Set(productIds)].map(async (productId) => {
      const [created] = await log.readStream(productStream(productId), { maxCount: 1 });
      return created === undefined ? [] : [[productId, created.event as ProductCreated] as const];
    }),
  );
  return Object.fromEntries(known.flat());
};

export const cardFact = async ({ log }: Deps, rateCardId: string): Promise<CardFacts | null> => {
  const recorded = (await log.readStream(
    rateCardStream(rateCardId),
  )) as readonly Recorded<RateCardEvent>[];
  const events = recorded.map(({ event }) => event);
  const created = events.find((event) => event.type === 'RateCardCreated');
  if (created === undefined) return null;
  const rates = ratesOf(fold(rateCards, events));
  const usageProductIds = [...new Set(rates.map((rate) => rate.productId))];
  return { rateCardId, currency: created.currency, usageProductIds };
};

export const cardHoldsAlias = async (
  { log }: Deps,
  rateCardId: string,
  alias: string,
): Promise<boolean> => {
  const recorded = (await log.readStream(
    rateCardStream(rateCardId),
  )) as readonly Recorded<RateCardEvent>[];
  return recorded.some(
    ({ event }) => event.type === 'RateCardCreated' && event.aliases.includes(alias),
  );
};

export const customerFact = async ({ log }: Deps, customerId: string): Promise<CustomerState> =>
  (await load(log, customers, customerStream(customerId))).state;
