import { type Account } from './refusals-account.ts';
import { suffixed, type Wrong } from './refusals.ts';

const month = 'startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z"';
const invoice = 'query ($id: ID!, $asOf: AsOfInput) { invoice(id: $id, asOf: $asOf) { id } }';
const customer = `query ($id: ID!, $asOf: AsOfInput) {
  customer(id: $id) { entitlements(asOf: $asOf) { entitled } } }`;
const usage = `query ($id: ID!, $metric: ID!, $asOf: AsOfInput) {
  usage(customerId: $id, billableMetricId: $metric, ${month}, asOf: $asOf) { nodes { value } } }`;
const rated = `query ($id: ID!, $asOf: AsOfInput) {
  ratedUsage(contractId: $id, ${month}, asOf: $asOf) { nodes { quantity } } }`;
const farAhead = { position: '999999999999999999' };
const tomorrow = { recordedAt: '2025-01-15T00:00:00.001Z' };
const beforeAll = { recordedAt: '2020-01-01T00:00:00Z' };
const metered = (a: Account) => ({ id: a.customer, metric: a.metric });

/** An earlier moment that is none, and ids that stand for one. */
export const wrongMoments: readonly Wrong[] = [
  [
    'an invoice after the end of the log',
    invoice,
    (a) => ({ id: a.finalInvoice, asOf: farAhead }),
    'BAD_USER_INPUT position_not_reached asOf.position',
    'it ends at',
  ],
  [
    'entitlements after now',
    customer,
    (a) => ({ id: a.customer, asOf: tomorrow }),
    'BAD_USER_INPUT instant_not_reached asOf.recordedAt',
    '2025-01-15',
  ],
  [
    'usage of a customer that was not there yet',
    usage,
    (a) => ({ ...metered(a), asOf: { position: '0' } }),
    'NOT_FOUND customer_not_found customerId',
  ],
  [
    'usage before the log begins',
    usage,
    (a) => ({ ...metered(a), asOf: beforeAll }),
    'NOT_FOUND customer_not_found customerId',
  ],
  [
    'what the usage of a contract costs that was not there yet',
    rated,
    (a) => ({ id: a.contract, asOf: { position: '1' } }),
    'NOT_FOUND contract_not_found contractId',
  ],
  [
    "everybody's invoices",
    'query ($asOf: AsOfInput) { invoices(asOf: $asOf) { nodes { id } } }',
    () => ({ asOf: { position: '1' } }),
    'BAD_USER_INPUT customer_required customerId',
  ],
  [
    'rate a product that was',
    'addRates',
    (a) => ({
      rateCardId: a.card,
      rates: [
        {
          productId: `${a.emails}@3`,
          pricing: { model: 'FLAT', unitPrice: '9' },
          entitled: true,
          startingAt: '2025-02-01T00:00:00Z',
        },
      ],
    }),
    suffixed('input.rates.0.productId'),
  ],
];
