import { type Client } from './client.ts';
import { short } from './bills.ts';

type TraceRead = {
  readonly fate: string;
  readonly event: {
    readonly transactionId: string;
    readonly customerId: string;
    readonly eventType: string;
    readonly timestamp: string;
    readonly properties: object;
    readonly position: string;
    readonly recordedAt: string;
  };
  readonly customer: { readonly id: string; readonly name: string } | null;
  readonly invoices: readonly {
    readonly id: string;
    readonly status: string;
    readonly periodStart: string;
  }[];
  readonly countedBy: readonly { readonly name: string }[];
  readonly passedOverBy: readonly { readonly name: string }[];
};

const query = `query ($id: ID!, $minPosition: LogPosition) {
  usageTrace(transactionId: $id, minPosition: $minPosition) {
    fate customer { id name } invoices { id status periodStart }
    countedBy { name } passedOverBy { name }
    event { transactionId customerId eventType timestamp properties position recordedAt } } }`;

export const tracesOf = async (client: Client, id: string): Promise<readonly TraceRead[]> =>
  (await client.ask<{ usageTrace: readonly TraceRead[] }>(query, { id })).usageTrace;

/** Each recording in one line of text: its fate, whose it is, and the invoices it is in. */
export const fatesOf = async (client: Client, id: string): Promise<readonly string[]> =>
  (await tracesOf(client, id)).map(({ fate, customer, invoices }) =>
    [
      fate,
      ...(customer === null ? [] : [customer.name]),
      ...invoices.map(({ status, periodStart }) => `${status} ${short(periodStart)}`),
    ].join(', '),
  );
