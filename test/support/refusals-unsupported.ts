import { bad, type Wrong } from './refusals.ts';

/** What later versions will take, and this one refuses rather than ignore. */
export const unsupported: readonly Wrong[] = [
  ...['SUBSCRIPTION', 'COMPOSITE'].map((type): Wrong => [
    `a ${type} product`,
    'createProduct',
    () => ({ name: 'P', type }),
    bad('not_supported_yet', 'type'),
    type,
  ]),
  [
    'usage by group',
    `query ($customer: ID!, $metric: ID!) { usage(customerId: $customer, billableMetricId: $metric,
      startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z", groupBy: ["region"]) { pageInfo { endCursor } } }`,
    (a) => ({ customer: a.customer, metric: a.metric }),
    'BAD_USER_INPUT not_supported_yet groupBy',
  ],
];
