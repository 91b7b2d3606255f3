import { describe, expect, it } from 'vitest';
import { products } from '../../src/catalog/decider.ts';
import { type CreateProduct, type ProductInput } from '../../src/catalog/commands.ts';
import { type Metric, type Product, type ProductCreated } from '../../src/catalog/events.ts';
import { knownProduct } from '../../src/catalog/product.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { given } from '../support/given-when-then.ts';

const now = instant('2024-01-01T00:00:00Z');
const metric: Metric = {
  metricId: 'met_1',
  name: 'Emails',
  aggregation: 'COUNT',
  aggregationKey: null,
  eventTypeFilter: { inValues: null, notInValues: null },
  propertyFilters: [],
  groupKeys: [],
  createdAt: now,
};
const usage: ProductInput = {
  name: 'Email generation',
  type: 'USAGE',
  billableMetricId: 'met_1',
  tags: [],
  pricingGroupKey: null,
  presentationGroupKey: null,
};
const fixed: ProductInput = { ...usage, type: 'FIXED', billableMetricId: null };

const create = (input: ProductInput, found: Metric | null = null): CreateProduct => ({
  type: 'CreateProduct',
  productId: 'prd_1',
  input,
  metric: found,
  now,
});

const product = (changes: Partial<Product> = {}): Product => ({
  productId: 'prd_1',
  name: 'Email generation',
  productType: 'USAGE',
  metricId: 'met_1',
  tags: [],
  createdAt: now,
  ...changes,
});
const created = (changes: Partial<Product> = {}): ProductCreated => ({
  type: 'ProductCreated',
  ...product(changes),
});

describe('a product', () => {
  it('of USAGE is measured by a metric', () => {
    given(products).when(create(usage, metric)).then(created());
  });

  it('of FIXED has no metric', () => {
    given(products)
      .when(create(fixed))
      .then(created({ productType: 'FIXED', metricId: null }));
  });

  it('keeps each of its tags once, in order', () => {
    given(products)
      .when(create({ ...usage, tags: ['premium', 'ai', 'premium', 'beta', 'ai'] }, metric))
      .then(created({ tags: ['premium', 'ai', 'beta'] }));
  });

  it('is created once', () => {
    given(products, [created()]).when(create(usage, metric)).thenNothing();
  });
});

describe('there is no product', () => {
  it('without a name', () => {
    given(products)
      .when(create({ ...usage, name: ' ' }, metric))
      .thenRefused('name_empty', ['name']);
    given(products)
      .when(create({ ...usage, name: 'n'.repeat(256) }, metric))
      .thenRefused('name_too_long', ['name']);
  });

  it('of USAGE without a metric, or with one that does not exist', () => {
    const field = ['billableMetricId'];
    given(products)
      .when(create({ ...usage, billableMetricId: null }))
      .thenRefused('metric_required', field);
    given(products).when(create(usage)).thenRefused('metric_not_found', field);
  });

  it('of FIXED with a metric', () => {
    given(products)
      .when(create({ ...fixed, billableMetricId: 'met_1' }, metric))
      .thenRefused('metric_forbidden', ['billableMetricId']);
  });

  it.each(['SUBSCRIPTION', 'COMPOSITE'] as const)('of %s yet', (type) => {
    given(products)
      .when(create({ ...usage, type }, metric))
      .thenRefused('not_supported_yet', ['type']);
  });

  it('with an empty tag', () => {
    given(products)
      .when(create({ ...usage, tags: ['premium', ''] }, metric))
      .thenRefused('tag_empty', ['tags', 1]);
  });

  it('that is told by anything but its first fault', () => {
    const all = { ...fixed, name: '', billableMetricId: 'met_1', tags: [''] };
    given(products).when(create(all)).thenRefused('name_empty');
    given(products)
      .when(create({ ...all, name: 'n' }))
      .thenRefused('metric_forbidden');
  });
});

describe('the products that a command knows', () => {
  it('are found by id, and by nothing that every object has', () => {
    expect(knownProduct({ prd_1: product() }, 'prd_1')).toEqual(product());
    expect(knownProduct({ prd_1: product() }, 'prd_2')).toBeUndefined();
    expect(knownProduct({}, 'constructor')).toBeUndefined();
    expect(knownProduct({}, '__proto__')).toBeUndefined();
  });
});
