import { accept, refuse, type Decider } from '../kernel/decider.ts';
import { distinct } from '../kernel/names.ts';
import {
  type AddRates,
  type CreateBillableMetric,
  type CreateProduct,
  type CreateRateCard,
  type RateCardCommand,
} from './commands.ts';
import {
  type BillableMetricCreated,
  type ProductCreated,
  type Rate,
  type RateCardEvent,
  type RatesAdded,
} from './events.ts';
import { metricFault, type MetricRefusal } from './metric.ts';
import { productFault, type ProductRefusal } from './product.ts';
import { endWith, rateCardFault, ratesFault, type RateCardRefusal } from './rate-card.ts';

type Existence = { readonly exists: boolean };

export const metrics: Decider<
  CreateBillableMetric,
  Existence,
  BillableMetricCreated,
  MetricRefusal
> = {
  initial: { exists: false },

  decide({ metricId, input, now }, state) {
    if (state.exists) return accept();
    return (
      metricFault(input) ??
      accept({
        type: 'BillableMetricCreated',
        metricId,
        name: input.name,
        aggregation: input.aggregation,
        aggregationKey: input.aggregationKey,
        eventTypeFilter: input.eventTypeFilter,
        propertyFilters: input.propertyFilters,
        groupKeys: input.groupKeys ?? [],
        createdAt: now,
      })
    );
  },

  evolve: () => ({ exists: true }),
};

export const products: Decider<CreateProduct, Existence, ProductCreated, ProductRefusal> = {
  initial: { exists: false },

  decide(command, state) {
    if (state.exists) return accept();
    const { productId, input, now } = command;
    return (
      productFault(command) ??
      accept({
        type: 'ProductCreated',
        productId,
        name: input.name,
        productType: input.type,
        metricId: input.billableMetricId,
        tags: distinct(input.tags),
        ...(input.pricingGroupKey && { pricingGroupKey: input.pricingGroupKey }),
        ...(input.presentationGroupKey && { presentationGroupKey: input.presentationGroupKey }),
        createdAt: now,
      })
    );
  },

  evolve: () => ({ exists: true }),
};

/** The last rates that were added, behind the others: a card grows by many thousands of them. */
type Additions = Pick<RatesAdded, 'rates' | 'requestKey'> & { readonly before: Additions | null };

export type RateCardState = Existence & { readonly added: Additions | null };

/** A card's rates in the order they were added. */
export const ratesOf = (state: RateCardState): readonly Rate[] =>
  additionsOf(state).flatMap(({ rates }) => rates);

export const rateCards: Decider<RateCardCommand, RateCardState, RateCardEvent, RateCardRefusal> = {
  initial: { exists: false, added: null },

  decide(command, state) {
    switch (command.type) {
      case 'CreateRateCard':
        if (state.exists) return accept();
        return rateCardFault(command.input, command.products) ?? accept(...created(command));
      case 'AddRates':
        if (!state.exists) return refuse('rate_card_not_found', ['rateCardId'], command.rateCardId);
        if (command.rates.length === 0) return refuse('rates_empty', ['rates']);
        if (wasAdded(state, command)) return accept();
        return (
          ratesFault(command.rates, ratesOf(state), command.products) ?? accept(ratesAdded(command))
        );
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'RateCardCreated':
        return { ...state, exists: true };
      case 'RatesAdded':
        return {
          ...state,
          added: { rates: event.rates, requestKey: event.requestKey, before: state.added },
        };
      case 'ClaimRevoked':
        return state;
    }
  },
};

function created({ rateCardId, input, now }: CreateRateCard): readonly RateCardEvent[] {
  const { name, description, currency, rates } = input;
  const aliases = distinct(input.aliases);
  return [
    { type: 'RateCardCreated', rateCardId, name, description, currency, aliases, createdAt: now },
    ...(rates.length === 0 ? [] : [ratesAdded({ rateCardId, rates, requestKey: null })]),
  ];
}

/**
 * A request that names itself counts once; one that does not changes nothing when its rates are the
 * last added.
 */
const wasAdded = (state: RateCardState, { rates, requestKey }: AddRates): boolean =>
  requestKey === null
    ? endWith(ratesOf(state), rates)
    : additionsOf(state).some((addition) => addition.requestKey === requestKey);

/** Oldest first. */
function additionsOf({ added }: RateCardState): readonly Additions[] {
  const additions: Additions[] = [];
  for (let one = added; one !== null; one = one.before) additions.push(one);
  return additions.reverse();
}

const ratesAdded = ({ rateCardId, rates, requestKey }: Omit<RatesAdded, 'type'>): RatesAdded => ({
  type: 'RatesAdded',
  rateCardId,
  rates,
  requestKey,
});
