import { refuse, type Refused } from '../kernel/decider.ts';
import { nameFault } from '../kernel/names.ts';
import { type CreateProduct } from './commands.ts';
import { type KnownProducts, type Product } from './events.ts';
import { productKeyFault, type ProductGroupRefusal } from './groups.ts';

export type ProductRefusal =
  | 'name_empty'
  | 'name_too_long'
  | 'not_supported_yet'
  | 'metric_required'
  | 'metric_not_found'
  | 'metric_forbidden'
  | 'tag_empty'
  | ProductGroupRefusal;

type Fault = Refused<ProductRefusal> | undefined;

/** Why there can be no such product; undefined when there can. */
export const productFault = (command: CreateProduct): Fault =>
  nameFault(command.input.name) ??
  metricFault(command) ??
  tagFault(command.input.tags) ??
  groupKeyFault(command);

/** The product of that id, if it is known: an id may be any text, "constructor" too. */
export const knownProduct = (products: KnownProducts, productId: string): Product | undefined =>
  Object.hasOwn(products, productId) ? products[productId] : undefined;

function metricFault({ input: { type, billableMetricId }, metric }: CreateProduct): Fault {
  const field = ['billableMetricId'];
  switch (type) {
    case 'SUBSCRIPTION':
    case 'COMPOSITE':
      return refuse('not_supported_yet', ['type'], type);
    case 'FIXED':
      return billableMetricId === null ? undefined : refuse('metric_forbidden', field);
    case 'USAGE':
      if (billableMetricId === null) return refuse('metric_required', field);
      return metric === null ? refuse('metric_not_found', field, billableMetricId) : undefined;
  }
}

const groupKeyFault = ({ input, metric }: CreateProduct): Fault =>
  productKeyFault(input.pricingGroupKey ?? [], 'pricingGroupKey', metric) ??
  productKeyFault(input.presentationGroupKey ?? [], 'presentationGroupKey', metric);

function tagFault(tags: readonly string[]): Fault {
  const index = tags.indexOf('');
  return index === -1 ? undefined : refuse('tag_empty', ['tags', index]);
}
