import { type Account } from './refusals-account.ts';
import { bad, long, suffixed, type Wrong } from './refusals.ts';

const create = (change: object) => () => ({ name: 'N', ...change });
const aliases = (...ingestAliases: string[]) => create({ ingestAliases });
const setAliases =
  (...ingestAliases: string[]) =>
  ({ customer }: Account) => ({ customerId: customer, ingestAliases });
const stripe = { provider: 'STRIPE', providerCustomerId: 'stripe001' };
const noName = { ...stripe, providerCustomerId: ' ' };
const taken = (place: number) => `CONFLICT alias_taken input.ingestAliases.${String(place)}`;
const many = Array.from({ length: 2001 }, (_, index) => `alias-${String(index)}`);
const nobody = 'NOT_FOUND customer_not_found input.customerId';
const gone = bad('customer_archived', 'customerId');

/** What each mutation of a customer is sent, beside the customer's id. */
const changes = {
  setIngestAliases: { ingestAliases: ['new@example.com'] },
  setBillingConfig: { billingConfig: stripe },
  archiveCustomer: {},
};

export const wrongCustomers: readonly Wrong[] = [
  ['a blank name', 'createCustomer', create({ name: '  ' }), bad('name_empty', 'name')],
  ['a name too long', 'createCustomer', create({ name: long }), bad('name_too_long', 'name')],
  ['an empty alias', 'createCustomer', aliases('a', ''), bad('alias_empty', 'ingestAliases.1')],
  [
    'an alias too long',
    'createCustomer',
    aliases('x'.repeat(129)),
    bad('alias_too_long', 'ingestAliases.0'),
  ],
  ['an empty alias set', 'setIngestAliases', setAliases(''), bad('alias_empty', 'ingestAliases.0')],
  [
    'an alias too long set',
    'setIngestAliases',
    setAliases(long),
    bad('alias_too_long', 'ingestAliases.0'),
  ],
  [
    'aliases beyond number',
    'createCustomer',
    aliases(...many),
    bad('too_many_aliases', 'ingestAliases'),
    '2001',
  ],
  [
    'an alias of another',
    'createCustomer',
    aliases('free', 'first@example.com'),
    taken(1),
    'first@example.com',
  ],
  ['an alias of an archived customer', 'createCustomer', aliases('gone@example.com'), taken(0)],
  ['an id as an alias', 'createCustomer', (a) => aliases('free', a.customer)(), taken(1)],
  [
    'an alias of another set',
    'setIngestAliases',
    setAliases('gone@example.com'),
    taken(0),
    'gone@example.com',
  ],
  [
    "another's id set as an alias",
    'setIngestAliases',
    ({ customer, other }) => ({ customerId: customer, ingestAliases: ['free', other] }),
    taken(1),
  ],
  [
    'no id at the provider',
    'createCustomer',
    create({ billingConfig: noName }),
    bad('provider_customer_id_empty', 'billingConfig.providerCustomerId'),
  ],
  [
    'no id at the provider set',
    'setBillingConfig',
    ({ customer }) => ({ customerId: customer, billingConfig: noName }),
    bad('provider_customer_id_empty', 'billingConfig.providerCustomerId'),
  ],
  [
    'no billing config sent',
    'setBillingConfig',
    ({ customer }) => ({ customerId: customer }),
    bad('field_required', 'billingConfig'),
    'null',
  ],
  [
    'a billing config whose variable is not sent',
    'mutation ($id: ID!, $config: BillingConfigInput) { setBillingConfig(input: {customerId: $id, billingConfig: $config}) { __typename } }',
    ({ customer }) => ({ id: customer }),
    bad('field_required', 'billingConfig'),
  ],
  ...Object.entries(changes).flatMap(([mutation, change]): Wrong[] => [
    ['a customer that is none', mutation, () => ({ customerId: 'cus_none', ...change }), nobody],
    [
      'a customer of before',
      mutation,
      (a) => ({ customerId: `${a.customer}@7`, ...change }),
      suffixed('input.customerId'),
    ],
  ]),
  [
    'aliases of an archived one',
    'setIngestAliases',
    (a) => ({ customerId: a.archived, ...changes.setIngestAliases }),
    gone,
  ],
  [
    'billing of an archived one',
    'setBillingConfig',
    (a) => ({ customerId: a.archived, ...changes.setBillingConfig }),
    gone,
  ],
  [
    'a contract that runs',
    'archiveCustomer',
    ({ customer }) => ({ customerId: customer }),
    bad('customer_has_open_contracts', 'customerId'),
  ],
];
