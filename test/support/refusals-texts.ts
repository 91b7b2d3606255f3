import { bad, type Wrong } from './refusals.ts';

const half = 'a\ud83d';
const faulty = (field: string): string => bad('text_not_well_formed', field);
const create = (change: object) => () => ({ name: 'N', ...change });
const filters = { propertyFilters: [{ name: 'region', inValues: ['eu', half] }] };

export const wrongTexts: readonly Wrong[] = [
  ['a name of half a character', 'createCustomer', create({ name: half }), faulty('name')],
  ['a name with NUL', 'createCustomer', create({ name: 'a\u0000b' }), faulty('name')],
  [
    'an ingest alias',
    'createCustomer',
    create({ ingestAliases: ['a', half] }),
    faulty('ingestAliases.1'),
  ],
  [
    'an ingest alias set',
    'setIngestAliases',
    ({ customer }) => ({ customerId: customer, ingestAliases: [half] }),
    faulty('ingestAliases.0'),
  ],
  ['an alias of a card', 'createRateCard', create({ aliases: [half] }), faulty('aliases.0')],
  ['a tag', 'createProduct', create({ type: 'FIXED', tags: [half] }), faulty('tags.0')],
  [
    'a value to filter by',
    'createBillableMetric',
    create({ aggregation: 'COUNT', eventTypeFilter: {}, ...filters }),
    faulty('propertyFilters.0.inValues.1'),
  ],
  [
    'an idempotency key',
    'createCustomer',
    create({ idempotencyKey: half }),
    faulty('idempotencyKey'),
  ],
  [
    'the reason to void for',
    'mutation ($id: ID!, $reason: String) { voidInvoice(id: $id, reason: $reason) { __typename } }',
    ({ finalInvoice }) => ({ id: finalInvoice, reason: half }),
    'BAD_USER_INPUT text_not_well_formed reason',
  ],
  [
    'an id',
    'query ($id: ID!) { customer(id: $id) { id } }',
    () => ({ id: 'a\u0000' }),
    'BAD_USER_INPUT text_not_well_formed id',
  ],
];
