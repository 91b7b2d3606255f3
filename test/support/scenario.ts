import { expect } from 'vitest';
import { decimal, multiply, printDecimal, sum } from '../../src/kernel/decimal.ts';
import { billOf, expectSum, invoiceFields, short, type InvoiceRead } from './bills.ts';
import { type Client } from './client.ts';
import { startHere, temporaryFolder } from './paygo.ts';

/** An instant from `2024-10`, `2024-10-02` or the whole of it. */
export const at = (text: string): string =>
  text.includes('T') ? text : `${text.padEnd(10, '-01')}T00:00:00Z`;

export type RateAsked = {
  readonly productId: string;
  readonly unitPrice: string;
  readonly startingAt?: string;
  readonly endingBefore?: string;
  readonly entitled?: boolean;
};

export type ContractAsked = {
  readonly customerId: string;
  readonly rateCardId: string;
  readonly startingAt: string;
  readonly endingBefore?: string;
  readonly [field: string]: unknown;
};

/** A product that meters events of the type that it is named after. */
export type Metered = {
  readonly productId: string;
  readonly metricId: string;
  readonly eventType: string;
};

const payloads = {
  createBillableMetric: 'billableMetric { id }',
  createProduct: 'product { id }',
  createRateCard: 'rateCard { id }',
  addRates: 'rateCard { id }',
  createCustomer: 'customer { id }',
  setIngestAliases: 'customer { id }',
  archiveCustomer: 'customer { id }',
  createContract: 'contract { id }',
  updateContractEndDate: 'contract { id }',
  changePlan: 'ended { id } started { id }',
} as const;

type Mutation = keyof typeof payloads;

const documentOf = (mutation: Mutation): string => {
  const input = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  return `mutation ($input: ${input}) { ${mutation}(input: $input) { ${payloads[mutation]} } }`;
};

const invoiceMutation = (mutation: 'finalizeInvoice' | 'voidInvoice'): string =>
  `mutation ($id: ID!) { ${mutation}(id: $id) { invoice { ${invoiceFields} } } }`;

/** A server with a test clock, and short words for what a story does with it. */
export type World = ReturnType<typeof worldOf>;

/** Plays a story on a server of its own, whose clock starts at an instant. */
export async function story(
  startsAt: string,
  play: (world: World, url: string) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = await temporaryFolder();
  try {
    const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at(startsAt), ...env });
    try {
      await play(worldOf(paygo.client), paygo.url);
    } finally {
      await paygo.stop();
    }
  } finally {
    await folder.remove();
  }
}

export function worldOf(client: Client) {
  const sent = { events: 0, position: '0' };

  const mutate = async <Payload = Record<string, { readonly id: string }>>(
    mutation: Mutation,
    input: object,
  ): Promise<Payload> => {
    const data = await client.ask<Record<string, Payload>>(documentOf(mutation), { input });
    return data[mutation] as Payload;
  };
  const create = async (mutation: Mutation, input: object): Promise<string> =>
    Object.values(await mutate(mutation, input))[0]?.id ?? '';

  const record = async (events: readonly object[]): Promise<void> => {
    const { recordUsage } = await client.ask<{
      recordUsage: { accepted: number; rejected: readonly unknown[]; position: string };
    }>(
      `mutation ($events: [UsageEventInput!]!) {
        recordUsage(events: $events) { accepted rejected { reason } position } }`,
      { events },
    );
    expect(recordUsage).toMatchObject({ accepted: events.length, rejected: [] });
    sent.position = recordUsage.position;
    // A thread counts it: what is asked next, by whatever words, is to hold it.
    await client.ask(
      'query ($at: LogPosition) { invoices(first: 1, minPosition: $at) { totalCount } }',
      { at: sent.position },
    );
  };
  const event = (customerId: string, eventType: string, timestamp: string, properties?: object) => {
    sent.events += 1;
    const transactionId = `t-${String(sent.events)}`;
    return { transactionId, customerId, eventType, timestamp: at(timestamp), properties };
  };
  const ratesFrom = (rates: readonly RateAsked[]) =>
    rates.map(({ productId, unitPrice, startingAt, endingBefore, entitled }) => ({
      productId,
      pricing: { model: 'FLAT', unitPrice },
      entitled: entitled ?? true,
      startingAt: at(startingAt ?? '2024-01'),
      ...(endingBefore === undefined ? {} : { endingBefore: at(endingBefore) }),
    }));
  const metered = async (
    name: string,
    aggregation = 'COUNT',
    aggregationKey?: string,
    tags: readonly string[] = [],
  ): Promise<Metered> => {
    const eventTypeFilter = { inValues: [name] };
    const metric = { name, aggregation, aggregationKey, eventTypeFilter };
    const billableMetricId = await create('createBillableMetric', metric);
    const product = { name, type: 'USAGE', billableMetricId, tags };
    const productId = await create('createProduct', product);
    return { productId, metricId: billableMetricId, eventType: name };
  };

  const invoices = async (customerId: string, filter?: object): Promise<readonly InvoiceRead[]> => {
    const { invoices } = await client.ask<{ invoices: { nodes: readonly InvoiceRead[] } }>(
      `query ($customerId: ID, $filter: InvoiceFilterInput, $minPosition: LogPosition) {
        invoices(customerId: $customerId, filter: $filter, first: 200, minPosition: $minPosition) {
          nodes { ${invoiceFields} } } }`,
      { customerId, filter, minPosition: sent.position },
    );
    for (const invoice of invoices.nodes) expectSum(invoice);
    return invoices.nodes;
  };
  const settle = async (
    mutation: 'finalizeInvoice' | 'voidInvoice',
    id: string,
  ): Promise<InvoiceRead> => {
    const data = await client.ask<Record<string, { invoice: InvoiceRead }>>(
      invoiceMutation(mutation),
      { id },
    );
    const invoice = data[mutation]?.invoice;
    if (invoice === undefined) throw new Error(`${mutation} answered nothing`);
    return invoice;
  };
  const usage = async (
    customerId: string,
    { metricId }: Metered,
    range: { readonly from?: string; readonly to?: string; readonly window?: string } = {},
  ): Promise<readonly string[]> => {
    const { usage: points } = await client.ask<{
      usage: { nodes: readonly { startingAt: string; value: string }[] };
    }>(
      `query ($customerId: ID!, $metric: ID!, $from: DateTime!, $to: DateTime!, $window: UsageWindow!,
          $minPosition: LogPosition) {
        usage(customerId: $customerId, billableMetricId: $metric, startingAt: $from,
          endingBefore: $to, window: $window, minPosition: $minPosition) { nodes { startingAt value } } }`,
      {
        customerId,
        metric: metricId,
        from: at(range.from ?? '2000-01'),
        to: at(range.to ?? '2101-01'),
        window: range.window ?? 'NONE',
        minPosition: sent.position,
      },
    );
    return points.nodes.map(({ startingAt, value }) =>
      range.window === undefined ? value : `${short(startingAt)}: ${value}`,
    );
  };

  return {
    ...client,
    mutate,
    create,
    record,
    event,
    invoices,
    metered,
    usage,
    fixed: (name: string) => create('createProduct', { name, type: 'FIXED' }),
    card: (rates: readonly RateAsked[], currency = 'USD') =>
      create('createRateCard', { name: 'Standard', currency, rates: ratesFrom(rates) }),
    addRates: (rateCardId: string, rates: readonly RateAsked[]) =>
      create('addRates', { rateCardId, rates: ratesFrom(rates) }),
    customer: (name: string, ingestAliases: readonly string[] = []) =>
      create('createCustomer', { name, ingestAliases }),
    contract: ({ startingAt, endingBefore, ...rest }: ContractAsked) =>
      create('createContract', {
        ...rest,
        startingAt: at(startingAt),
        ...(endingBefore === undefined ? {} : { endingBefore: at(endingBefore) }),
      }),
    end: (customerId: string, contractId: string, endingBefore: string | null) =>
      create('updateContractEndDate', {
        customerId,
        contractId,
        endingBefore: endingBefore === null ? null : at(endingBefore),
      }),
    /** One usage event. */
    use: (customerId: string, type: string, timestamp: string, properties?: object) =>
      record([event(customerId, type, timestamp, properties)]),
    /** So many events alike. */
    useTimes: (times: number, customerId: string, type: string, timestamp: string) =>
      record(Array.from({ length: times }, () => event(customerId, type, timestamp))),
    advance: (to: string) =>
      client.ask(`mutation ($to: DateTime!) { advanceTestClock(to: $to) { clock { now } } }`, {
        to: at(to),
      }),
    /**
     * Why a mutation is refused: the reason, then the path of the field; nothing when it is not.
     */
    async refusal(mutation: Mutation, input: object): Promise<string | undefined> {
      const { errors } = await client.send(documentOf(mutation), { input });
      return refusalOf(errors);
    },
    async refusalOfInvoice(mutation: 'finalizeInvoice' | 'voidInvoice', id: string) {
      const { errors } = await client.send(invoiceMutation(mutation), { id });
      return refusalOf(errors);
    },
    finalize: (id: string) => settle('finalizeInvoice', id),
    voided: (id: string) => settle('voidInvoice', id),
    /** The customer's invoices, each in one line of text, newest first. */
    async bills(customerId: string, filter?: object): Promise<readonly string[]> {
      return (await invoices(customerId, filter)).map(billOf);
    },
    async bill(customerId: string, wanted: Partial<InvoiceRead>): Promise<InvoiceRead> {
      const found = (await invoices(customerId)).filter((invoice) =>
        Object.entries(wanted).every(([key, value]) => invoice[key as keyof InvoiceRead] === value),
      );
      const [invoice, ...others] = found;
      if (invoice === undefined || others.length > 0) {
        throw new Error(`${String(found.length)} invoices are ${JSON.stringify(wanted)}`);
      }
      return invoice;
    },
    /**
     * All invoices that stand, drafts included, charge a product's whole usage once: the sums of
     * their lines are what one pricing of it gives. Holds for COUNT and SUM at one price that needs
     * no rounding; for one contract, over the time that it runs, or for all.
     */
    async expectAllBilledOnce(
      customerId: string,
      product: Metered,
      unitPrice: string,
      range: { readonly from?: string; readonly to?: string; readonly contractId?: string } = {},
    ) {
      const standing = (await invoices(customerId)).filter(
        ({ status, contract }) =>
          status !== 'VOID' && contract.id === (range.contractId ?? contract.id),
      );
      const lines = standing
        .flatMap(({ lineItems }) => lineItems)
        .filter((line) => line.product.id === product.productId);
      const [used = '0'] = await usage(customerId, product, range);
      const amount = multiply(decimal(used), decimal(unitPrice));
      expect({
        quantity: printDecimal(sum(lines.map(({ quantity }) => decimal(quantity)))),
        amount: printDecimal(sum(lines.map((line) => decimal(line.amount.amount)))),
      }).toEqual({ quantity: used, amount: printDecimal(amount) });
    },
  };
}

const refusalOf = (errors: Awaited<ReturnType<Client['send']>>['errors']): string | undefined => {
  const [error] = errors;
  if (error === undefined) return undefined;
  const { code, reason, field } = error.extensions;
  return [reason ?? code, ...(field ?? [])].join(' ');
};
