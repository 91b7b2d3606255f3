import { type Client } from './client.ts';
import { advance, mutate, recordUsage } from './crash.ts';

export const historyEnv = { PAYGO_TEST_CLOCK: '2024-01-01T00:00:00Z' };

export type History = {
  readonly customerIds: readonly string[];
  readonly contractIds: readonly string[];
  readonly metricIds: readonly string[];
  readonly rateCardId: string;
};

const at = (day: string): string => `${day}T00:00:00Z`;

let recorded = 0;

const use = (client: Client, key: string, day: string, properties: object = {}, times = 1) =>
  recordUsage(
    client,
    Array.from({ length: times }, (_, index) => {
      recorded += 1;
      const timestamp = `${day}T${String(index % 24).padStart(2, '0')}:30:00Z`;
      const transactionId = `t-${String(recorded)}`;
      return { transactionId, customerId: key, eventType: 'work', timestamp, properties };
    }),
  );

const rate = (productId: string, unitPrice: string, startingAt: string, endingBefore?: string) => ({
  productId,
  pricing: { model: 'FLAT', unitPrice },
  entitled: true,
  startingAt: at(startingAt),
  ...(endingBefore === undefined ? {} : { endingBefore: at(endingBefore) }),
});

async function metered(client: Client, name: string, aggregation: string, property?: string) {
  const metric = { name, aggregation, aggregationKey: property };
  const eventTypeFilter = { inValues: ['work'] };
  const billableMetricId = await mutate(client, 'createBillableMetric', {
    ...metric,
    eventTypeFilter,
  });
  const tags = aggregation === 'UNIQUE' ? ['premium'] : [];
  const product = { name, type: 'USAGE', billableMetricId, tags };
  return { billableMetricId, productId: await mutate(client, 'createProduct', product) };
}

async function createCatalog(client: Client) {
  const usageProducts = [
    await metered(client, 'count', 'COUNT'),
    await metered(client, 'rows', 'SUM', 'rows'),
    await metered(client, 'peak', 'MAX', 'rows'),
    await metered(client, 'rooms', 'UNIQUE', 'room'),
    await metered(client, 'level', 'LATEST', 'rows'),
  ];
  const feeId = await mutate(client, 'createProduct', { name: 'fee', type: 'FIXED' });
  const rateCardId = await mutate(client, 'createRateCard', {
    name: 'Standard',
    aliases: ['standard'],
    rates: usageProducts.map(({ productId }, index) =>
      rate(productId, `0.0${String(index + 1)}5`, '2024-01-01'),
    ),
  });
  return { usageProducts, feeId, rateCardId };
}

const createContract = (client: Client, customerId: string, rateCardId: string, terms: object) =>
  mutate(client, 'createContract', {
    customerId,
    rateCardId,
    startingAt: at('2024-01-01'),
    ...terms,
  });

const monthlyFee = (productId: string) => ({
  productId,
  name: 'monthly fee',
  schedule: {
    recurringSchedule: {
      startingAt: at('2024-01-01'),
      endingBefore: at('2024-06-01'),
      frequency: 'MONTHLY',
      amount: '12.34',
    },
  },
});

/**
 * Half a year of nearly everything: late usage, an invoice that was voided, a change of plan,
 * aliases that wait and move, a metric that comes after its usage, prices that change, duplicates
 * and conflicts.
 */
export async function makeHistory(client: Client): Promise<History> {
  const { usageProducts, feeId, rateCardId } = await createCatalog(client);
  const sign = (name: string, ingestAliases: readonly string[]) =>
    mutate(client, 'createCustomer', { name, ingestAliases });
  const acme = await sign('Acme', ['acme@example.com', 'shared@example.com']);
  const bolt = await sign('Bolt', []);
  const cargo = await sign('Cargo', ['cargo@example.com']);
  const dust = await sign('Dust', ['dust@example.com']);
  const premium = { applicableProductTags: ['premium'], startingAt: at('2024-01-01') };
  const basicId = await createContract(client, acme, rateCardId, {
    name: 'Basic',
    overrides: [
      { ...premium, entitled: false },
      { startingAt: at('2024-01-20'), multiplier: '0.9' },
    ],
  });
  const scheduledCharges = [monthlyFee(feeId)];
  const boltId = await createContract(client, bolt, rateCardId, { scheduledCharges });
  const cargoId = await createContract(client, cargo, rateCardId, {
    endingBefore: at('2024-02-15'),
  });

  await use(client, 'acme@example.com', '2024-01-05', { rows: '7', room: 'a' }, 30);
  await use(client, acme, '2024-01-06', { rows: '2.5', room: 'b' }, 7);
  await use(client, 'shared@example.com', '2024-01-31', { rows: '11', room: 'c' }, 3);
  await use(client, bolt, '2024-01-10', { rows: 'many', room: 'a' }, 4);
  await use(client, 'waiting@example.com', '2024-01-15', { rows: '100' }, 5);
  await use(client, cargo, '2024-01-20', { rows: '40', room: 'z' }, 6);
  await advance(client, at('2024-02-05'));

  await use(client, 'acme@example.com', '2024-01-30', { rows: '1' }, 2);
  const shared = ['waiting@example.com', 'shared@example.com'];
  const setAliases = (customerId: string, ingestAliases: readonly string[]) =>
    mutate(client, 'setIngestAliases', { customerId, ingestAliases });
  await setAliases(acme, ['acme@example.com']);
  await setAliases(bolt, shared);
  await use(client, 'shared@example.com', '2024-01-31', { rows: '13', room: 'c' }, 3);
  await voidJanuary(client, cargo);
  const [count, rows] = usageProducts.map(({ productId }) => productId);
  await mutate(client, 'addRates', {
    rateCardId,
    rates: [
      rate(count ?? '', '0.02', '2024-02-15'),
      rate(rows ?? '', '0.001', '2024-03-10', '2024-03-20'),
    ],
  });
  await advance(client, at('2024-02-20'));
  const best = { customerId: acme, rateCardId, name: 'Best', startingAt: at('2024-03-01') };
  const bestId = await mutate(client, 'changePlan', { fromContractId: basicId, contract: best });

  for (const day of ['2024-02-10', '2024-02-25', '2024-03-12', '2024-03-25', '2024-04-02']) {
    await use(client, acme, day, { rows: day.slice(-2), room: day }, 9);
    await use(client, 'shared@example.com', day, { rows: '-3', room: 'a' }, 2);
  }
  const late = await metered(client, 'seen late', 'SUM', 'rows');
  await mutate(client, 'addRates', {
    rateCardId,
    rates: [rate(late.productId, '1', '2024-03-01')],
  });
  await advance(client, at('2024-04-03'));
  await sendTwice(client, acme);
  await use(client, cargo, '2024-01-21', { rows: '5' });
  await advance(client, at('2024-04-10'));
  await client.ask(
    'mutation ($input: ArchiveCustomerInput!) { archiveCustomer(input: $input) { customer { id } } }',
    { input: { customerId: dust } },
  );
  return {
    customerIds: [acme, bolt, cargo, dust],
    contractIds: [basicId, boltId, cargoId, bestId],
    metricIds: [...usageProducts, late].map(({ billableMetricId }) => billableMetricId),
    rateCardId,
  };
}

async function voidJanuary(client: Client, customerId: string): Promise<void> {
  const { invoices } = await client.ask<{ invoices: { nodes: { id: string }[] } }>(
    `query ($customerId: ID!) {
      invoices(customerId: $customerId, filter: { statuses: [FINALIZED] }) { nodes { id } } }`,
    { customerId },
  );
  const [january] = invoices.nodes;
  if (january === undefined) throw new Error('January is not final');
  await client.ask(
    'mutation ($id: ID!) { voidInvoice(id: $id, reason: "wrong") { invoice { id } } }',
    january,
  );
}

/** An event, the same again, and another under its id. */
async function sendTwice(client: Client, customerId: string): Promise<void> {
  const timestamp = '2024-04-01T10:00:00Z';
  const event = { transactionId: 'twice', customerId, eventType: 'work', timestamp };
  for (const rows of ['1', '1', '2']) {
    await recordUsage(client, [{ ...event, properties: { rows } }]);
  }
}
