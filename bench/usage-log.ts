import { type EventLog } from '../src/application/ports.ts';
import { metricStream, type BillableMetricCreated } from '../src/catalog/events.ts';
import { customerStream, type CustomerCreated } from '../src/customers/events.ts';
import { instant } from '../src/kernel/calendar.ts';
import { entityId } from '../src/kernel/ids.ts';
import { eventType, keyOf, manyCustomers, newEvent, recordingOf } from './usage.ts';

const createdAt = instant('2025-01-01T00:00:00Z');

const metricOf = (
  name: string,
  aggregation: BillableMetricCreated['aggregation'],
  groupKeys: BillableMetricCreated['groupKeys'] = [],
): BillableMetricCreated => ({
  type: 'BillableMetricCreated',
  metricId: entityId('metric', name),
  name,
  aggregation,
  aggregationKey: aggregation === 'COUNT' ? null : 'count',
  eventTypeFilter: { inValues: [eventType], notInValues: null },
  propertyFilters: [],
  groupKeys,
  createdAt,
});

export const oneMetric = [metricOf('Emails sent', 'SUM')];

/** What is billed, and what is watched: each usage event counts for all of them. */
export const fourMetrics = [
  ...oneMetric,
  metricOf('Requests', 'COUNT'),
  metricOf('Largest request', 'MAX'),
  metricOf('Emails sent by region', 'SUM', [['region']]),
];

const customerWith = (key: string): CustomerCreated => ({
  type: 'CustomerCreated',
  customerId: entityId('customer', key),
  name: key,
  ingestAliases: [key],
  billingConfig: null,
  createdAt,
});

const appendedTogether = 64;

/** The metrics, and the customers whose usage is to come. */
export async function recordAccount(
  log: Pick<EventLog, 'append'>,
  metrics: readonly BillableMetricCreated[],
  customers = manyCustomers,
): Promise<void> {
  for (const metric of metrics) {
    await log.append(metricStream(metric.metricId), 'no_stream', [newEvent(metric)]);
  }
  const created = Array.from({ length: customers }, (_customer, at) => customerWith(keyOf(at)));
  await Promise.all(
    created.map((one) => log.append(customerStream(one.customerId), 'no_stream', [newEvent(one)])),
  );
}

/** At least so many usage events, packed as requests of so many record them; gives how many. */
export async function recordUsage(
  log: Pick<EventLog, 'append'>,
  { usageEvents, linesPerEvent }: { usageEvents: number; linesPerEvent: number },
): Promise<number> {
  let recorded = 0;
  for (let index = 0; recorded < usageEvents;) {
    const appends: Promise<unknown>[] = [];
    for (; appends.length < appendedTogether && recorded < usageEvents; index += 1) {
      const { stream, event } = recordingOf(index, linesPerEvent);
      appends.push(log.append(stream, 'any', [newEvent(event)]));
      recorded += linesPerEvent;
    }
    await Promise.all(appends);
  }
  return recorded;
}
