import { type Client } from './client.ts';

export type Metrics = Readonly<Record<'emails' | 'rows' | 'reminders' | 'rooms', string>>;
export type Catalog = {
  readonly metrics: Metrics;
  readonly rateCardId: string;
  readonly aiProductId: string;
};

const startOfPrices = '2024-01-01T00:00:00Z';

const usageProducts = [
  ['emails', 'Email generation', 'COUNT', 'email_generated', null, [], '0.10'],
  ['rows', 'Spreadsheet updates', 'SUM', 'spreadsheet_updated', 'rows', [], '0.15'],
  ['reminders', 'Automated reminders', 'COUNT', 'reminder_sent', null, ['premium'], '0.20'],
  ['rooms', 'Slack integration', 'UNIQUE', 'slack_room_used', 'room', ['premium'], '0.10'],
] as const;

/** Metrics, products and the rate card "AutoSales standard". */
export async function createCatalog(client: Client): Promise<Catalog> {
  const metrics: Partial<Record<keyof Metrics, string>> = {};
  const rates: object[] = [];
  for (const [key, name, aggregation, eventType, property, tags, unitPrice] of usageProducts) {
    const billableMetricId = await createMetric(client, {
      name: `${name}: ${aggregation}`,
      aggregation,
      aggregationKey: property,
      eventTypeFilter: { inValues: [eventType] },
      idempotencyKey: `metric-${key}`,
    });
    metrics[key] = billableMetricId;
    const idempotencyKey = `product-${key}`;
    const product = { name, type: 'USAGE', billableMetricId, tags, idempotencyKey };
    rates.push({
      productId: await createProduct(client, product),
      pricing: { model: 'FLAT', unitPrice },
      entitled: true,
      startingAt: startOfPrices,
    });
  }
  const aiProductId = await createProduct(client, {
    name: 'AI model configuration',
    type: 'FIXED',
    tags: ['premium'],
    idempotencyKey: 'product-ai',
  });
  const rateCardId = await createRateCard(client, {
    name: 'AutoSales standard',
    currency: 'USD',
    aliases: ['standard'],
    rates,
    idempotencyKey: 'card-standard',
  });
  return { metrics: metrics as Metrics, rateCardId, aiProductId };
}

async function createMetric(client: Client, input: object): Promise<string> {
  const { createBillableMetric } = await client.ask<{
    createBillableMetric: { billableMetric: { id: string } };
  }>(
    `mutation ($input: CreateBillableMetricInput!) {
      createBillableMetric(input: $input) { billableMetric { id } }
    }`,
    { input },
  );
  return createBillableMetric.billableMetric.id;
}

async function createProduct(client: Client, input: object): Promise<string> {
  const { createProduct } = await client.ask<{ createProduct: { product: { id: string } } }>(
    'mutation ($input: CreateProductInput!) { createProduct(input: $input) { product { id } } }',
    { input },
  );
  return createProduct.product.id;
}

async function createRateCard(client: Client, input: object): Promise<string> {
  const { createRateCard } = await client.ask<{ createRateCard: { rateCard: { id: string } } }>(
    'mutation ($input: CreateRateCardInput!) { createRateCard(input: $input) { rateCard { id } } }',
    { input },
  );
  return createRateCard.rateCard.id;
}
