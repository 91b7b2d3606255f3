import { invoiceFields, textOf } from './crash.ts';
import { type History } from './replay-history.ts';

const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const price = 'entitled source pricing { model unitPrice freeUnits } product { id name }';
const contract = `id name startingAt endingBefore createdAt customer { id } rateCard { id }
  rateSchedule { ${price} } january: rateSchedule(at: "2024-01-25T00:00:00Z") { ${price} }
  scheduledCharges { id name product { id }
    occurrences { timestamp amount { amount currency formatted } } }
  invoices(first: 3) { totalCount nodes { id status } ${pageInfo} }`;
const customer = `id name ingestAliases createdAt archivedAt
  billingConfig { provider providerCustomerId collectionMethod }
  contracts { ${contract} } covering: contracts(coveringAt: "2024-02-01T00:00:00Z") { id }
  invoices(first: 2, filter: { types: [USAGE] }) { totalCount edges { cursor node { id } } }
  entitlements { ${price} contract { id } }
  march: entitlements(at: "2024-03-15T00:00:00Z") { ${price} contract { id } }`;

/** Connections that are read page by page, from cursor to cursor. */
const connections = [
  ['customers', 3, 'id name'],
  ['products', 4, 'id name type tags createdAt billableMetric { id name }'],
  ['invoices', 4, `${invoiceFields} position`],
] as const;

/** The text of every answer that there is about a history. */
export async function everyAnswer(url: string, history: History): Promise<readonly string[]> {
  const answers: string[] = [];
  const ask = async (query: string, variables: object = {}): Promise<string> => {
    const text = await textOf(url, query, variables);
    answers.push(text);
    return text;
  };
  await ask('{ clock { now isTestClock } }');
  for (const [field, first, node] of connections) {
    for (let after: string | null = null, more = true; more;) {
      const text: string = await ask(
        `query ($after: String) { page: ${field}(first: ${String(first)}, after: $after) {
          totalCount edges { cursor node { ${node} } } ${pageInfo} } }`,
        { after },
      );
      const { data } = JSON.parse(text) as { data: { page: { pageInfo: PageInfo } } };
      ({ endCursor: after, hasNextPage: more } = data.page.pageInfo);
    }
  }
  await askAboutCatalog(ask, history);
  for (const id of history.customerIds) {
    await ask(`query ($id: ID!) { customer(id: $id) { ${customer} } }`, { id });
    for (const metricId of history.metricIds) await askAboutUsage(ask, id, metricId);
  }
  for (const id of history.contractIds) await askAboutContract(ask, id);
  return answers;
}

type PageInfo = { readonly endCursor: string | null; readonly hasNextPage: boolean };
type Ask = (query: string, variables?: object) => Promise<string>;

async function askAboutCatalog(ask: Ask, { metricIds, rateCardId }: History): Promise<void> {
  for (const id of metricIds) {
    await ask(
      `query ($id: ID!) { billableMetric(id: $id) { id name aggregation aggregationKey groupKeys
        createdAt passedOver countedThrough } }`,
      { id },
    );
  }
  const rates = `totalCount edges { cursor node { entitled startingAt endingBefore product { id }
    pricing { model unitPrice } } } ${pageInfo}`;
  await ask(
    `query ($id: ID!) { rateCard(id: $id) { id name currency aliases createdAt rates { ${rates} }
      some: rates(first: 2) { ${rates} } at: rates(at: "2024-03-12T00:00:00Z") { ${rates} } } }`,
    { id: rateCardId },
  );
  await ask(`{ rateCardByAlias(alias: "standard") { id }
    held: customerByIngestAlias(ingestAlias: "shared@example.com") { id }
    nobody: customerByIngestAlias(ingestAlias: "nobody@example.com") { id }
    customers(search: "a") { totalCount nodes { id } } }`);
}

async function askAboutUsage(ask: Ask, customerId: string, metricId: string): Promise<void> {
  const window = (name: string) => `${name}: usage(customerId: $customerId, window: ${name},
    billableMetricId: $metricId, startingAt: "2024-01-01T00:00:00Z",
    endingBefore: "2024-05-01T00:00:00Z") {
    edges { cursor node { startingAt endingBefore groupValues value } } ${pageInfo} }`;
  await ask(
    `query ($customerId: ID!, $metricId: ID!) {
      ${['HOUR', 'DAY', 'MONTH', 'NONE'].map(window).join('\n')} }`,
    { customerId, metricId },
  );
}

async function askAboutContract(ask: Ask, id: string): Promise<void> {
  await ask(`query ($id: ID!) { contract(id: $id) { ${contract} } }`, { id });
  const window = (name: string) => `${name}: ratedUsage(contractId: $id, window: ${name},
    startingAt: "2024-01-01T00:00:00Z", endingBefore: "2024-05-01T00:00:00Z") {
    edges { cursor node { product { id } startingAt endingBefore quantity amount { amount } } }
    ${pageInfo} }`;
  await ask(`query ($id: ID!) { ${['DAY', 'MONTH'].map(window).join('\n')} }`, { id });
}
