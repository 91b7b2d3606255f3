import { type InvoiceFinalized } from '../../src/invoices/events.ts';
import { type DomainEvent, type Recorded } from '../../src/kernel/recorded.ts';
import { type Client } from './client.ts';
import { advance, invoiceFields, mutate, recordedIn, recordUsage, textOf } from './crash.ts';
import { startHere, temporaryFolder, type Running } from './paygo.ts';

/** Where the clock of a server starts that the walk is played on. */
export const walkEnv = { PAYGO_TEST_CLOCK: '2023-12-15T00:00:00Z' };

/** The walk goes from 5 February 2024 over twelve period ends. */
export const walkTo = '2025-02-05T00:00:00Z';

const month = (index: number): string =>
  new Date(Date.UTC(2024, index, 1)).toISOString().slice(0, 7);

const emails = (customerId: string, times: number, timestamp: string): object[] =>
  Array.from({ length: times }, (_, index) => ({
    transactionId: `${customerId}-${timestamp}-${String(index)}`,
    customerId,
    eventType: 'email',
    timestamp,
  }));

type Account = { readonly name: string; readonly terms: object };

const fee = (productId: string, startingAt: string, endingBefore: string, amount: string) => ({
  productId,
  schedule: {
    recurringSchedule: { startingAt, endingBefore, frequency: 'MONTHLY', amount },
  },
});

/**
 * Three customers: one with a fee on the first, one with a fee on the tenth, one that leaves in
 * July.
 */
const accounts = (feeId: string, emailId: string): readonly Account[] => [
  {
    name: 'early',
    terms: {
      startingAt: '2024-01-01T00:00:00Z',
      scheduledCharges: [fee(feeId, '2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z', '10.00')],
    },
  },
  {
    name: 'tenth',
    terms: {
      startingAt: '2024-01-10T05:00:00Z',
      scheduledCharges: [fee(feeId, '2024-01-10T05:00:00Z', '2025-01-10T05:00:00Z', '7.77')],
      overrides: [
        { startingAt: '2024-06-15T00:00:00Z', multiplier: '0.5', applicableProductIds: [emailId] },
      ],
    },
  },
  {
    name: 'leaving',
    terms: { startingAt: '2024-01-01T00:00:00Z', endingBefore: '2024-07-01T00:00:00Z' },
  },
];

/**
 * All that is asked of the server before the walk: in month m each customer sends m emails on the
 * 20th; two more of January come late; an invoice is void. Keys make all ids the same on every
 * server.
 */
async function prepareWalk({ client }: Running): Promise<void> {
  const billableMetricId = await mutate(client, 'createBillableMetric', {
    name: 'emails',
    aggregation: 'COUNT',
    eventTypeFilter: { inValues: ['email'] },
    idempotencyKey: 'metric',
  });
  const usageProduct = { name: 'emails', type: 'USAGE', billableMetricId };
  const emailId = await mutate(client, 'createProduct', { ...usageProduct, idempotencyKey: 'p1' });
  const fixedProduct = { name: 'fee', type: 'FIXED', idempotencyKey: 'p2' };
  const feeId = await mutate(client, 'createProduct', fixedProduct);
  const pricing = { model: 'FLAT', unitPrice: '0.10' };
  const rateCardId = await mutate(client, 'createRateCard', {
    name: 'card',
    rates: [{ productId: emailId, pricing, entitled: true, startingAt: '2024-01-01T00:00:00Z' }],
    idempotencyKey: 'card',
  });
  const customerIds: string[] = [];
  for (const { name, terms } of accounts(feeId, emailId)) {
    const customer = { name, idempotencyKey: name };
    const customerId = await mutate(client, 'createCustomer', customer);
    const contract = { customerId, rateCardId, ...terms, idempotencyKey: name };
    await mutate(client, 'createContract', contract);
    customerIds.push(customerId);
  }
  const used = customerIds.flatMap((customerId) =>
    Array.from({ length: 12 }, (_, index) =>
      emails(customerId, index + 1, `${month(index)}-20T00:00:00Z`),
    ),
  );
  await recordUsage(client, used.flat());
  await advance(client, '2024-02-05T00:00:00Z');
  const late = customerIds.map((customerId) => emails(customerId, 2, '2024-01-21T00:00:00Z'));
  await recordUsage(client, late.flat());
  await voidFirst(client, customerIds[1] ?? '');
}

async function voidFirst(client: Client, customerId: string): Promise<void> {
  const { invoices } = await client.ask<{ invoices: { nodes: { id: string }[] } }>(
    `query ($customerId: ID!) {
      invoices(customerId: $customerId, filter: { types: [USAGE], statuses: [FINALIZED] }) {
        nodes { id } } }`,
    { customerId },
  );
  await client.ask('mutation ($id: ID!) { voidInvoice(id: $id) { invoice { status } } }', {
    id: invoices.nodes[0]?.id,
  });
}

/** Every invoice with every line, as the server's text. */
const invoicesText = ({ url }: Running): Promise<string> =>
  textOf(url, `{ invoices(first: 200) { totalCount nodes { ${invoiceFields} } } clock { now } }`);

export type Walked = {
  readonly invoices: string;
  readonly events: readonly Recorded[];
};

export async function inFolder<T>(play: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder();
  try {
    return await play(folder.path);
  } finally {
    await folder.remove();
  }
}

/** Prepares the walk in a folder; how many events its log has then. */
export async function prepared(folder: string): Promise<number> {
  const server = await startHere(folder, walkEnv);
  try {
    await prepareWalk(server);
  } finally {
    await server.stop();
  }
  return (await recordedIn(folder)).length;
}

/** Walks to an instant on the server given, and stops it. */
export async function walked(server: Running, folder: string, to: string): Promise<Walked> {
  let invoices: string;
  try {
    await advance(server.client, to);
    invoices = await invoicesText(server);
  } finally {
    await server.stop();
  }
  return { invoices, events: await recordedIn(folder) };
}

/** Digests are over the log's own ids, too. */
function withoutDigests(event: DomainEvent): object {
  if (event.type !== 'InvoiceFinalized') return event;
  const { proof } = event as InvoiceFinalized;
  if (proof === null) return event;
  const { usage, previous } = proof;
  const covered = usage?.covered.map((stretch) => ({ ...stretch, marks: stretch.marks.length }));
  const told = usage && { ...usage, root: usage.root?.length ?? null, covered };
  return { ...event, proof: { usage: told, previous: previous?.length ?? null } };
}

/** What a log tells beside its own ids and positions. */
export const toldBy = ({ events }: Walked): readonly object[] =>
  events.map(({ stream, revision, event, metadata: { recordedAt } }) => ({
    stream,
    revision,
    event: withoutDigests(event),
    recordedAt,
  }));
