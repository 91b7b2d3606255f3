import { type EventLog } from '../src/application/ports.ts';
import { type UsageLine } from '../src/usage/events.ts';
import { createClient } from '../test/support/client.ts';
import { create } from './long-account.ts';
import { eventType, hours, month, newEvent, recordingFor, recordingWith } from './usage.ts';

/** One in so many usage events of the largest customer is of another type. */
const oneIn = 1000;
const rareType = 'report_made';
const middle = '2025-02-15T00:00:00Z';
const linesPerEvent = 100;
const appendedTogether = 64;
const samples = 500;

/** A customer with so much usage in the month, and the ids of some of it. */
export type Audited = { readonly key: string; readonly events: number; readonly someIds: string[] };

/** What is billed: usage at one price, from the middle of the month at another, and what is rare. */
export async function createAudited(url: string, keys: readonly string[]): Promise<void> {
  const client = createClient(`${url}/graphql`);
  const productOf = async (name: string, type: string, metric: object): Promise<string> => {
    const filter = { eventTypeFilter: { inValues: [type] } };
    const billableMetricId = await create(client, 'BillableMetric', { name, ...metric, ...filter });
    return create(client, 'Product', { name, type: 'USAGE', billableMetricId });
  };
  const emails = await productOf('Emails', eventType, {
    ...{ aggregation: 'SUM', aggregationKey: 'count' },
  });
  const reports = await productOf('Reports', rareType, { aggregation: 'COUNT' });
  const rate = (productId: string, unitPrice: string, startingAt: string) => ({
    ...{ productId, startingAt, entitled: true, pricing: { model: 'FLAT', unitPrice } },
  });
  const rateCardId = await create(client, 'RateCard', {
    ...{ name: 'Standard', currency: 'USD' },
    rates: [
      ...[rate(emails, '0.001', month), rate(emails, '0.002', middle)],
      rate(reports, '1', month),
    ],
  });
  for (const key of keys) {
    const customerId = await create(client, 'Customer', { name: key, ingestAliases: [key] });
    await create(client, 'Contract', { customerId, rateCardId, startingAt: month });
  }
}

/** Their usage, mixed, in the order of the month's hours. */
export async function recordAudited(
  log: EventLog,
  customers: readonly Audited[],
  passing: (events: number) => void,
): Promise<void> {
  const most = Math.max(...customers.map(({ events }) => events)) / linesPerEvent;
  let appends: Promise<unknown>[] = [];
  let events = 0;
  for (let batch = 0; batch < most; batch += 1) {
    const hour = Math.floor((batch / most) * hours.length);
    for (const customer of customers) {
      const batches = customer.events / linesPerEvent;
      const isNext =
        Math.floor(((batch + 1) * batches) / most) > Math.floor((batch * batches) / most);
      if (!isNext) continue;
      const { stream, event } = recordingWith(customer.key, linesOf(customer, batch, hour));
      appends.push(log.append(stream, 'any', [newEvent(event)]));
      events += linesPerEvent;
    }
    if (appends.length < appendedTogether) continue;
    await Promise.all(appends);
    appends = [];
    passing(events);
  }
  await Promise.all(appends);
}

function linesOf({ key, events, someIds }: Audited, batch: number, hour: number): UsageLine[] {
  const { lines } = recordingFor(key, hour, linesPerEvent).event;
  const [first, ...others] = lines;
  if (first === undefined) return [];
  const keptOf = Math.ceil(events / linesPerEvent / samples);
  if (batch % keptOf === 0) someIds.push(first.transactionId);
  const isRare = batch % (oneIn / linesPerEvent) === 0;
  return [isRare ? { ...first, eventType: rareType } : first, ...others];
}
