import { describe, it } from 'vitest';
import { metrics } from '../../src/catalog/decider.ts';
import { type BillableMetricInput, type CreateBillableMetric } from '../../src/catalog/commands.ts';
import {
  type Aggregation,
  type BillableMetricCreated,
  type PropertyFilter,
} from '../../src/catalog/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { given } from '../support/given-when-then.ts';

const now = instant('2024-01-01T00:00:00Z');
const emails: BillableMetricInput = {
  name: 'Emails',
  aggregation: 'COUNT',
  aggregationKey: null,
  eventTypeFilter: { inValues: ['email_generated'], notInValues: null },
  propertyFilters: [],
  groupKeys: null,
};
const region: PropertyFilter = { name: 'region', exists: null, inValues: null, notInValues: null };

const create = (changes: Partial<BillableMetricInput> = {}): CreateBillableMetric => ({
  type: 'CreateBillableMetric',
  metricId: 'met_1',
  input: { ...emails, ...changes },
  now,
});

const created = (changes: Partial<BillableMetricInput> = {}): BillableMetricCreated => ({
  type: 'BillableMetricCreated',
  metricId: 'met_1',
  createdAt: now,
  ...emails,
  ...changes,
  groupKeys: changes.groupKeys ?? [],
});

const keyed: readonly Aggregation[] = ['SUM', 'MAX', 'UNIQUE', 'LATEST'];

describe('a metric', () => {
  it('is created as it was asked for', () => {
    given(metrics).when(create()).then(created());
    const rows = {
      name: 'r'.repeat(255),
      aggregation: 'SUM',
      aggregationKey: 'rows',
      propertyFilters: [
        { ...region, exists: true, inValues: ['eu', 'us'], notInValues: ['us'] },
        { ...region, name: 'test', exists: false, notInValues: [] },
      ],
    } as const;
    given(metrics).when(create(rows)).then(created(rows));
  });

  it('sees every event type when none is named', () => {
    const any = { eventTypeFilter: { inValues: null, notInValues: null } };
    given(metrics).when(create(any)).then(created(any));
    const all = { eventTypeFilter: { inValues: null, notInValues: [] } };
    given(metrics).when(create(all)).then(created(all));
  });

  it('is created once', () => {
    given(metrics, [created()]).when(create()).thenNothing();
  });

  it('has a name', () => {
    given(metrics)
      .when(create({ name: '' }))
      .thenRefused('name_empty', ['name']);
    given(metrics)
      .when(create({ name: '  ' }))
      .thenRefused('name_empty', ['name']);
    given(metrics)
      .when(create({ name: 'n'.repeat(256) }))
      .thenRefused('name_too_long', ['name']);
  });

  it.each(keyed)('of %s names the property that it aggregates', (aggregation) => {
    const field = ['aggregationKey'];
    for (const aggregationKey of [null, '']) {
      given(metrics)
        .when(create({ aggregation, aggregationKey }))
        .thenRefused('aggregation_key_required', field);
    }
    const key = { aggregation, aggregationKey: 'rows' };
    given(metrics).when(create(key)).then(created(key));
  });

  it('of COUNT names no property', () => {
    given(metrics)
      .when(create({ aggregationKey: 'rows' }))
      .thenRefused('aggregation_key_forbidden', ['aggregationKey']);
  });
});

describe('a filter that can match nothing is refused', () => {
  it('when its list is empty', () => {
    given(metrics)
      .when(create({ eventTypeFilter: { inValues: [], notInValues: null } }))
      .thenRefused('empty_filter_list', ['eventTypeFilter', 'inValues']);
    given(metrics)
      .when(create({ propertyFilters: [region, { ...region, inValues: [] }] }))
      .thenRefused('empty_filter_list', ['propertyFilters', 1, 'inValues']);
  });

  it('when it excludes all that it includes', () => {
    given(metrics)
      .when(create({ eventTypeFilter: { inValues: ['a', 'b'], notInValues: ['b', 'c', 'a'] } }))
      .thenRefused('filter_contradicts', ['eventTypeFilter']);
    given(metrics)
      .when(create({ propertyFilters: [{ ...region, inValues: ['eu'], notInValues: ['eu'] }] }))
      .thenRefused('filter_contradicts', ['propertyFilters', 0]);
  });

  it('when a property must be absent and have a value', () => {
    given(metrics)
      .when(create({ propertyFilters: [{ ...region, exists: false, inValues: ['eu'] }] }))
      .thenRefused('filter_contradicts', ['propertyFilters', 0]);
  });

  it('when it names no property', () => {
    given(metrics)
      .when(create({ propertyFilters: [region, { ...region, name: '' }] }))
      .thenRefused('property_filter_name_empty', ['propertyFilters', 1, 'name']);
  });
});

describe('of several faults', () => {
  it('the first in the order name, aggregation, event types, properties is told', () => {
    const filters = {
      eventTypeFilter: { inValues: [], notInValues: null },
      propertyFilters: [{ ...region, name: '' }],
    };
    given(metrics)
      .when(create({ name: '', aggregationKey: 'rows', ...filters }))
      .thenRefused('name_empty');
    given(metrics)
      .when(create({ aggregationKey: 'rows', ...filters }))
      .thenRefused('aggregation_key_forbidden');
    given(metrics)
      .when(create(filters))
      .thenRefused('empty_filter_list', ['eventTypeFilter', 'inValues']);
  });
});
