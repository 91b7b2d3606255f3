import { refuse, type Refused } from '../kernel/decider.ts';
import { nameFault } from '../kernel/names.ts';
import { type BillableMetricInput } from './commands.ts';
import { type PropertyFilter } from './events.ts';
import { groupKeysFault, type GroupKeyRefusal } from './groups.ts';

export type MetricRefusal =
  | 'name_empty'
  | 'name_too_long'
  | 'aggregation_key_required'
  | 'aggregation_key_forbidden'
  | 'empty_filter_list'
  | 'filter_contradicts'
  | 'property_filter_name_empty'
  | GroupKeyRefusal;

type Fault = Refused<MetricRefusal> | undefined;
type Values = Pick<PropertyFilter, 'inValues' | 'notInValues'>;

/** Why there can be no such metric; undefined when there can. */
export const metricFault = (input: BillableMetricInput): Fault =>
  nameFault(input.name) ??
  aggregationFault(input) ??
  filterFault(input) ??
  groupKeysFault(input.groupKeys ?? []);

function aggregationFault({ aggregation, aggregationKey }: BillableMetricInput): Fault {
  const field = ['aggregationKey'];
  if (aggregation === 'COUNT') {
    return aggregationKey === null ? undefined : refuse('aggregation_key_forbidden', field);
  }
  return aggregationKey === null || aggregationKey === ''
    ? refuse('aggregation_key_required', field, aggregation)
    : undefined;
}

function filterFault({ eventTypeFilter, propertyFilters }: BillableMetricInput): Fault {
  const fault = valuesFault(eventTypeFilter, ['eventTypeFilter']);
  if (fault !== undefined) return fault;
  for (const [index, filter] of propertyFilters.entries()) {
    const field = ['propertyFilters', index];
    const filterFault = propertyFilterFault(filter, field) ?? valuesFault(filter, field);
    if (filterFault !== undefined) return filterFault;
  }
  return undefined;
}

function propertyFilterFault(filter: PropertyFilter, field: readonly (string | number)[]): Fault {
  if (filter.name === '') return refuse('property_filter_name_empty', [...field, 'name']);
  const contradicts = filter.exists === false && filter.inValues !== null;
  return contradicts ? refuse('filter_contradicts', field, filter.name) : undefined;
}

function valuesFault(
  { inValues, notInValues }: Values,
  field: readonly (string | number)[],
): Fault {
  if (inValues === null) return undefined;
  if (inValues.length === 0) return refuse('empty_filter_list', [...field, 'inValues']);
  const excluded = new Set(notInValues);
  return inValues.every((value) => excluded.has(value))
    ? refuse('filter_contradicts', field, inValues.join(', '))
    : undefined;
}
