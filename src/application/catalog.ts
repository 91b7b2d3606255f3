import { refuse } from '../kernel/decider.ts';
import { distinct } from '../kernel/names.ts';
import { type RateCardCommand } from '../catalog/commands.ts';
import { metrics, products, rateCards } from '../catalog/decider.ts';
import { metricStream, productStream, rateCardStream, type Rate } from '../catalog/events.ts';
import { keysOf, type Naming } from './claims.ts';
import { outcome, type Engine } from './engine.ts';
import { cardHoldsAlias, metricFact, productFacts } from './facts.ts';
import { handle, type Deps } from './handle.ts';
import { beginCreate } from './idempotency.ts';

type CatalogEngine = Pick<
  Engine,
  'createBillableMetric' | 'createProduct' | 'createRateCard' | 'addRates'
>;

export const rateCardNaming = (deps: Deps): Naming => ({
  prefix: 'rateCardAlias',
  ownerStream: rateCardStream,
  holds: (rateCardId, alias) => cardHoldsAlias(deps, rateCardId, alias),
});

export const catalogCommands = (deps: Deps): CatalogEngine => ({
  async createBillableMetric(create, by) {
    const creation = await beginCreate(deps, 'metric', 'createBillableMetric', create, by);
    if ('refused' in creation) return creation;
    const { id: metricId, bindKey } = creation;
    const { input } = create;
    const handled = await handle(deps, metrics, metricStream(metricId), by, {
      command: (_state, now) => ({ type: 'CreateBillableMetric', metricId, input, now }),
      beforeAppend: bindKey,
    });
    return outcome(handled, { metricId });
  },

  async createProduct(create, by) {
    const creation = await beginCreate(deps, 'product', 'createProduct', create, by);
    if ('refused' in creation) return creation;
    const { id: productId, bindKey } = creation;
    const { input } = create;
    const metric = await metricFact(deps, input.billableMetricId);
    const handled = await handle(deps, products, productStream(productId), by, {
      command: (_state, now) => ({ type: 'CreateProduct', productId, input, metric, now }),
      beforeAppend: bindKey,
    });
    return outcome(handled, { productId });
  },

  async createRateCard(create, by) {
    const creation = await beginCreate(deps, 'rateCard', 'createRateCard', create, by);
    if ('refused' in creation) return creation;
    const { id: rateCardId, bindKey } = creation;
    const { input } = create;
    const taken = (alias: string) =>
      refuse('rate_card_alias_taken', ['aliases', input.aliases.indexOf(alias)], alias);
    const naming = rateCardNaming(deps);
    const keys = keysOf(deps, naming, rateCardId, distinct(input.aliases), taken, by);
    const facts = await productFacts(deps, productsOf(input.rates));
    const handled = await handle(deps, rateCards, rateCardStream(rateCardId), by, {
      command: (_state, now): RateCardCommand => ({
        type: 'CreateRateCard',
        rateCardId,
        input,
        products: facts,
        now,
      }),
      beforeAppend: async ({ exists }) => {
        if (exists) return bindKey();
        return (await keys.refuseTaken()) ?? (await keys.claim(() => false)) ?? bindKey();
      },
    });
    return outcome(handled, { rateCardId });
  },

  async addRates(create, by) {
    const creation = await beginCreate(deps, 'rates', 'addRates', create, by);
    if ('refused' in creation) return creation;
    const { rateCardId, rates } = create.input;
    const requestKey = create.idempotencyKey === null ? null : creation.id;
    const facts = await productFacts(deps, productsOf(rates));
    const handled = await handle(deps, rateCards, rateCardStream(rateCardId), by, {
      command: (): RateCardCommand => ({
        type: 'AddRates',
        rateCardId,
        rates,
        requestKey,
        products: facts,
      }),
      beforeAppend: creation.bindKey,
    });
    return outcome(handled, { rateCardId });
  },
});

const productsOf = (rates: readonly Rate[]): string[] => rates.map(({ productId }) => productId);
