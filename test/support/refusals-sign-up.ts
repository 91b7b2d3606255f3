import { type Account } from './refusals-account.ts';
import { bad, type Change, changeOf, long, suffixed, type Wrong } from './refusals.ts';

type Sent = (account: Account) => object;

/** A sign-up that is all right but for what is changed: of a customer that Stripe has. */
const signUp = (change: Change, contract: Change = {}): Sent => {
  return (account) => ({
    ...{ name: 'N', stripeCustomerId: 'cus_there', idempotencyKey: 'sign-up' },
    contract: {
      ...{ rateCardId: account.card, startingAt: '2025-02-01T00:00:00Z' },
      ...changeOf(contract, account),
    },
    ...changeOf(change, account),
  });
};
const by = (contract: Change): Sent => signUp({}, contract);

/** On a server that has no key for Stripe. */
export const wrongSignUps: readonly Wrong[] = [
  ['a blank name', 'signUpCustomer', signUp({ name: ' ' }), bad('name_empty', 'name')],
  [
    'an alias of another',
    'signUpCustomer',
    signUp({ ingestAliases: ['free', 'first@example.com'] }),
    'CONFLICT alias_taken input.ingestAliases.1',
    'first@example.com',
  ],
  [
    'a blank id at Stripe',
    'signUpCustomer',
    signUp({ stripeCustomerId: ' ' }),
    bad('provider_customer_id_empty', 'stripeCustomerId'),
  ],
  [
    'nobody at Stripe, and no key to create one',
    'signUpCustomer',
    signUp({ stripeCustomerId: null, email: 'n@example.com' }),
    bad('payment_provider_not_configured', 'stripeCustomerId'),
    'STRIPE_SECRET_KEY',
  ],
  [
    'an empty key',
    'signUpCustomer',
    signUp({ idempotencyKey: '' }),
    bad('idempotency_key_invalid', 'idempotencyKey'),
  ],
  [
    'a key too long',
    'signUpCustomer',
    signUp({ idempotencyKey: long }),
    bad('idempotency_key_invalid', 'idempotencyKey'),
  ],
  [
    'no card',
    'signUpCustomer',
    by({ rateCardId: null }),
    bad('exactly_one_rate_card', 'contract.rateCardId'),
  ],
  [
    'a card that is none',
    'signUpCustomer',
    by({ rateCardId: 'crd_none' }),
    'NOT_FOUND rate_card_not_found input.contract.rateCardId',
  ],
  [
    'a start off the hour',
    'signUpCustomer',
    by({ startingAt: '2025-02-01T00:00:01Z' }),
    bad('not_on_hour', 'contract.startingAt'),
  ],
  [
    'an end at its start',
    'signUpCustomer',
    by({ endingBefore: '2025-02-01T00:00:00Z' }),
    bad('ends_before_start', 'contract.endingBefore'),
  ],
  [
    'an override that changes nothing',
    'signUpCustomer',
    by({ overrides: [{ startingAt: '2025-02-01T00:00:00Z' }] }),
    bad('override_empty', 'contract.overrides.0'),
  ],
  [
    'an override at a price of two models',
    'signUpCustomer',
    by({
      overrides: [
        {
          startingAt: '2025-02-01T00:00:00Z',
          overwrite: { model: 'FLAT', unitPrice: '1', packageSize: '2' },
        },
      ],
    }),
    bad('pricing_field_not_of_model', 'contract.overrides.0.overwrite.packageSize'),
  ],
  [
    'a charge of a product that is none',
    'signUpCustomer',
    by({
      scheduledCharges: [
        {
          productId: 'prd_none',
          schedule: { scheduleItems: [{ timestamp: '2025-02-01T00:00:00Z', amount: '1' }] },
        },
      ],
    }),
    'NOT_FOUND product_not_found input.contract.scheduledCharges.0.productId',
  ],
];

const retry = 'mutation ($id: ID!) { retryInvoicePush(id: $id) { __typename } }';
const notFailed = 'BAD_USER_INPUT invoice_not_failed id';

export const wrongRetries: readonly Wrong[] = [
  ['none', retry, () => ({ id: 'inv_none' }), 'NOT_FOUND invoice_not_found id'],
  ['one of before', retry, (a) => ({ id: `${a.finalInvoice}@7` }), suffixed('id')],
  ['one that goes nowhere', retry, (a) => ({ id: a.finalInvoice }), notFailed],
  ['a void one', retry, (a) => ({ id: a.voidInvoice }), notFailed],
  ['a draft', retry, (a) => ({ id: a.runningInvoice }), notFailed],
];
