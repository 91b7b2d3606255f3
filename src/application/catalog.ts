import { randomUUID } from 'node:crypto';
import { refuse } from '../kernel/decider.ts';
import { distinct } from '../kernel/names.ts';
import { entityId, fingerprint, type EntityKind } from '../kernel/ids.ts';
import { type RateCardCommand } from '../catalog/commands.ts';
import { metrics, products, rateCards } from '../catalog/decider.ts';
import { metricStream, productStream, rateCardStream } from '../catalog/events.ts';
import { claimKeys, firstTaken, type Naming } from './claims.ts';
import { outcome, type Create, type Engine } from './engine.ts';
import { cardHoldsAlias, metricFact, productFacts } from './facts.ts';
import { handle, type Deps } from './handle.ts';
import { keyBefore, useKey } from './idempotency.ts';

type CatalogEngine = Pick<
  Engine,
  'createBillableMetric' | 'createProduct' | 'createRateCard' | 'addRates'
>;

/** The id of what a create makes: the same for the same idempotency key. */
export const newId = (
  kind: EntityKind,
  operation: string,
  { idempotencyKey }: Create<object>,
): string =>
  idempotencyKey === null
    ? entityId(kind, 'random', randomUUID())
    : entityId(kind, 'key', operation, idempotencyKey);

export const rateCardNaming = (deps: Deps): Naming => ({
  prefix: 'rateCardAlias',
  ownerStream: rateCardStream,
  holds: (rateCardId, alias) => cardHoldsAlias(deps, rateCardId, alias),
});

export const catalogCommands = (deps: Deps): CatalogEngine => ({
  async createBillableMetric(create, by) {
    const operation = 'createBillableMetric';
    const metricId = newId('metric', operation, create);
    const { input, idempotencyKey } = create;
    const handled = await handle(deps, metrics, metricStream(metricId), by, {
      command: (_state, now) => ({ type: 'CreateBillableMetric', metricId, input, now }),
      beforeAppend: () => useKey(deps, operation, idempotencyKey, input, metricId, by),
    });
    return outcome(handled, { metricId });
  },

  async createProduct(create, by) {
    const operation = 'createProduct';
    const productId = newId('product', operation, create);
    const { input, idempotencyKey } = create;
    const metric = await metricFact(deps, input.billableMetricId);
    const handled = await handle(deps, products, productStream(productId), by, {
      command: (_state, now) => ({ type: 'CreateProduct', productId, input, metric, now }),
      beforeAppend: () => useKey(deps, operation, idempotencyKey, input, productId, by),
    });
    return outcome(handled, { productId });
  },

  async createRateCard(create, by) {
    const operation = 'createRateCard';
    const rateCardId = newId('rateCard', operation, create);
    const { input, idempotencyKey } = create;
    const reused = await keyBefore(deps, operation, idempotencyKey, input);
    if (reused !== undefined) return reused;
    const naming = rateCardNaming(deps);
    const aliases = distinct(input.aliases);
    const taken = (index: number) =>
      refuse(
        'rate_card_alias_taken',
        ['aliases', input.aliases.indexOf(aliases[index] ?? '')],
        aliases[index],
      );
    const known = await productFacts(
      deps,
      input.rates.map((rate) => rate.productId),
    );
    const handled = await handle(deps, rateCards, rateCardStream(rateCardId), by, {
      command: (_state, now): RateCardCommand => ({
        type: 'CreateRateCard',
        rateCardId,
        input,
        products: known,
        now,
      }),
      beforeAppend: async () => {
        const held = await firstTaken(deps, naming, aliases, rateCardId);
        if (held !== undefined) return taken(held);
        const used = await useKey(deps, operation, idempotencyKey, input, rateCardId, by);
        if (used !== undefined) return used;
        const refused = await claimKeys(deps, naming, aliases, rateCardId, by);
        return refused === undefined ? undefined : taken(Number(refused.refused.field?.[0]));
      },
    });
    return outcome(handled, { rateCardId });
  },

  async addRates({ input, idempotencyKey }, by) {
    const operation = 'addRates';
    const { rateCardId, rates } = input;
    const requestKey = idempotencyKey === null ? null : fingerprint(operation, idempotencyKey);
    const known = await productFacts(
      deps,
      rates.map((rate) => rate.productId),
    );
    const handled = await handle(deps, rateCards, rateCardStream(rateCardId), by, {
      command: (): RateCardCommand => ({
        type: 'AddRates',
        rateCardId,
        rates,
        requestKey,
        products: known,
      }),
      beforeAppend: () => useKey(deps, operation, idempotencyKey, input, rateCardId, by),
    });
    return outcome(handled, { rateCardId });
  },
});
