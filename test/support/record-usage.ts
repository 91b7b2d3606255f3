import { expect } from 'vitest';
import { type Answer } from './client.ts';
import { type Running } from './paygo.ts';
import { headOf, make } from './refusals-account.ts';

export type Recorded = {
  readonly accepted: number;
  readonly rejected: readonly {
    readonly index: number;
    readonly transactionId: string | null;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly position: string;
};

type Posted = Answer<{ readonly recordUsage: Recorded | null }> & { readonly status: number };

const record = `mutation ($events: [UsageEventInput!]!) {
  recordUsage(events: $events) { accepted rejected { index transactionId reason message } position } }`;

/** A call of recordUsage as text, so that numbers in the events stay as they are written. */
export const bodyOf = (events: string): string =>
  `{"query": ${JSON.stringify(record)}, "variables": {"events": ${events}}}`;

let sent = 0;

/** An event that is all right, but for the change; every one has an id of its own. */
export const event = (change: object = {}): object => {
  sent += 1;
  return {
    ...{ transactionId: `t-${String(sent)}`, customerId: 'nobody', eventType: 'row' },
    ...{ timestamp: '2025-01-10T12:00:00Z', properties: { count: '1' } },
    ...change,
  };
};

/** As text, with the property `count` as it is written here. */
export const withCount = (value: string, change: object = {}): string =>
  JSON.stringify(event({ ...change, properties: { count: '%' } })).replace('"%"', value);

/** Records usage on a server and reads it back; the server is asked for anew at every call. */
export const recorderOf = (paygo: () => Running) => {
  const post = async (body: string): Promise<Posted> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(paygo().url, { method: 'POST', headers, body });
    const { data = null, errors = [] } = (await response.json()) as Partial<Posted>;
    return { data, errors, status: response.status };
  };
  const sendBody = async (body: string): Promise<Recorded> => {
    const { data, errors } = await post(body);
    expect(errors).toEqual([]);
    if (!data?.recordUsage) throw new Error('recordUsage answered nothing');
    return data.recordUsage;
  };
  return {
    post,
    sendBody,
    send: (events: readonly object[]) => sendBody(bodyOf(JSON.stringify(events))),
    head: () => headOf(paygo().client),

    /** A customer, and a metric of the events that `event` makes. */
    metered: async (aggregation: string, aggregationKey: string | null = null) => ({
      metric: await make(paygo().client, 'createBillableMetric', {
        ...{ name: aggregation, aggregation, aggregationKey },
        eventTypeFilter: { inValues: ['row'] },
      }),
      customer: await make(paygo().client, 'createCustomer', { name: 'Rows' }),
    }),

    /** The customer's usage of all time, once the read models have reached the position. */
    usage: async (
      { customer, metric }: { readonly customer: string; readonly metric: string },
      minPosition: string,
    ): Promise<readonly string[]> => {
      const { usage } = await paygo().client.ask<{
        usage: { nodes: readonly { value: string }[] };
      }>(
        `query ($customer: ID!, $metric: ID!, $minPosition: LogPosition) {
          usage(customerId: $customer, billableMetricId: $metric, minPosition: $minPosition,
            startingAt: "2000-01-01T00:00:00Z", endingBefore: "2101-01-01T00:00:00Z") { nodes { value } } }`,
        { customer, metric, minPosition },
      );
      return usage.nodes.map(({ value }) => value);
    },
  };
};
