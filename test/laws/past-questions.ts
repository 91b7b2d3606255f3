const price = 'pricing { model unitPrice } entitled source pricingGroupValues product { id name }';
const line = `id type product { id } name startingAt endingBefore quantity unitPrice
  amount { amount } tier groupValues`;
const invoice = `id type status periodStart periodEnd currency issuedAt position number voidReason
  daysUntilDue total { amount formatted } customer { id } contract { id endingBefore }
  external { id provider status lastError } lineItems(includeZero: true) { ${line} }`;
const ever = 'startingAt: "2024-09-01T00:00:00Z", endingBefore: "2025-06-01T00:00:00Z"';
const fortnight = 'startingAt: "2024-10-25T00:00:00Z", endingBefore: "2024-11-08T00:00:00Z"';
const within = 'startingAt: "2024-10-05T07:00:00Z", endingBefore: "2024-12-20T00:00:00Z"';
const then = 'at: "2024-10-20T00:00:00Z"';
const contract = `id name startingAt endingBefore createdAt rateSchedule { ${price} }
  rateCard { id rates(first: 500) { totalCount nodes { startingAt product { id } } } }
  scheduledCharges { id occurrences { timestamp amount { amount } } }
  unratedUsage { quantity startingAt product { id } groupValues }
  invoices(first: 3) { totalCount nodes { id status } pageInfo { hasNextPage endCursor } }`;
const customer = `id name ingestAliases archivedAt createdAt contracts { ${contract} }
  billingConfig { providerCustomerId collectionMethod } entitlements { ${price} contract { id } }
  invoices(first: 200) { totalCount edges { cursor node { ${invoice} } } }`;

/** How usage is asked for: of each metric another way, and of the same one at other moments. */
const cuts = [
  `${within}, window: DAY`,
  `${ever}, window: MONTH, groupBy: ["zone"]`,
  `${ever}, window: NONE, groupBy: ["team"]`,
  `${fortnight}, window: HOUR, first: 20`,
  `${fortnight}, window: DAY, groupBy: ["zone"]`,
  `${ever}, window: NONE`,
  `${ever}, window: MONTH, groupBy: ["team"]`,
];

/** One document, and what it is asked about. */
export type Question = { readonly text: string; readonly variables: Record<string, string> };

const question = (fields: readonly string[], ids: readonly string[]): Question => {
  const names = ids.map((_id, index) => `id${String(index)}`);
  const declared = [...names.map((name) => `$${name}: ID!`), '$asOf: AsOfInput'].join(', ');
  const variables = Object.fromEntries(ids.map((id, index) => [`id${String(index)}`, id]));
  return { text: `query (${declared}) {\n${fields.join('\n')}\n}`, variables };
};

/** All of the customers, and of each its usage by every other of these metrics. */
export function ofCustomers(
  customerIds: readonly string[],
  metricIds: readonly string[],
  turn: number,
): Question {
  const metrics = metricIds.map((_id, index) => `id${String(customerIds.length + index)}`);
  const fields = customerIds.flatMap((_id, at) => {
    const who = `id${String(at)}`;
    const usage = metrics.map((metric, index) => {
      if ((index + at + turn) % 2 === 1) return '';
      const cut = cuts[(index + at + turn) % cuts.length] ?? '';
      return `usage${String(at)}_${String(index)}: usage(customerId: $${who}, asOf: $asOf,
        billableMetricId: $${metric}, ${cut}) {
        edges { cursor node { startingAt endingBefore value groupValues } }
        pageInfo { hasNextPage endCursor } }`;
    });
    return [`${who}: customer(id: $${who}, asOf: $asOf) { ${customer} }`, ...usage];
  });
  return question(fields, [...customerIds, ...metricIds]);
}

/** The same by other ways in: each by its own id, and lists by their filters. */
export function byTheirIds(
  customerId: string,
  contractId: string,
  invoiceIds: readonly string[],
): Question {
  const fields = [
    `customer: customer(id: $id0) { entitlements(asOf: $asOf) { ${price} contract { id } }
      before: entitlements(asOf: $asOf, ${then}) { ${price} } }`,
    `covering: customer(id: $id0, asOf: $asOf) { id
      contracts(coveringAt: "2024-11-01T00:00:00Z") { id customer { id } } }`,
    `contract(id: $id1, asOf: $asOf) { ${contract} customer { ${customer} }
      then: rateSchedule(${then}) { ${price} } some: unratedUsage(${within}) { quantity }
      now: rateCard { rates(${then}) { nodes { startingAt product { id } } } } }`,
    ...['DAY, first: 12', 'MONTH'].map(
      (window, index) => `rated${String(index)}: ratedUsage(contractId: $id1, asOf: $asOf,
        ${index === 0 ? within : ever}, window: ${window}) {
        edges { cursor node { startingAt endingBefore product { id } quantity amount { amount } } }
        pageInfo { hasNextPage endCursor } }`,
    ),
    `drafts: invoices(filter: { contractId: $id1, statuses: [DRAFT] }, asOf: $asOf, first: 2) {
      totalCount nodes { id total { amount } } pageInfo { hasNextPage endCursor } }`,
    `usual: invoices(customerId: $id0, asOf: $asOf, filter: { types: [USAGE], ${within} }) {
      totalCount nodes { ${invoice} } }`,
    ...invoiceIds.map((_id, index) => {
      const name = `id${String(index + 2)}`;
      return `${name}: invoice(id: $${name}, asOf: $asOf) { ${invoice} few: lineItems { id } }`;
    }),
  ];
  return question(fields, [customerId, contractId, ...invoiceIds]);
}

const kinds = { cus: 'customer', con: 'contract', inv: 'invoice' } as const;

/** Whether there were these things, of any kind that has a suffix; null where there were not. */
export const whetherThereWere = (ids: readonly string[]): Question =>
  question(
    ids.map((id, index) => {
      const name = `id${String(index)}`;
      const kind = kinds[id.slice(0, 3) as keyof typeof kinds];
      return `${name}: ${kind}(id: $${name}, asOf: $asOf) { id }`;
    }),
    ids,
  );
