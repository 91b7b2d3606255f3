import { describe, expect, it } from 'vitest';
import { customers, holds } from '../../src/customers/decider.ts';
import { type CustomerCommand, type CustomerInput } from '../../src/customers/commands.ts';
import { type BillingConfig, type CustomerEvent } from '../../src/customers/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { fold } from '../../src/kernel/decider.ts';
import { given } from '../support/given-when-then.ts';

const now = instant('2024-10-01T00:00:00Z');
const customerId = 'cus_1';
const stripe: BillingConfig = {
  provider: 'STRIPE',
  providerCustomerId: 'stripe001',
  collectionMethod: 'SEND_INVOICE',
};
const first: CustomerInput = {
  name: 'First Customer',
  ingestAliases: ['team@customer.com'],
  billingConfig: stripe,
};

const create = (changes: Partial<CustomerInput> = {}): CustomerCommand => ({
  type: 'CreateCustomer',
  customerId,
  input: { ...first, ...changes },
  now,
});
const created = (changes: Partial<CustomerInput> = {}): CustomerEvent => ({
  type: 'CustomerCreated',
  customerId,
  ...first,
  ...changes,
  createdAt: now,
});
const setBilling = (billingConfig: BillingConfig | null): CustomerCommand => ({
  type: 'SetBillingConfig',
  customerId,
  billingConfig,
});
const billingSet = (billingConfig: BillingConfig | null): CustomerEvent => ({
  type: 'BillingConfigSet',
  customerId,
  billingConfig,
});
const archive: CustomerCommand = { type: 'ArchiveCustomer', customerId, now };
const archived: CustomerEvent = { type: 'CustomerArchived', customerId, archivedAt: now };
const setAliases: CustomerCommand = { type: 'SetIngestAliases', customerId, ingestAliases: ['a'] };
const revoked: CustomerEvent = { type: 'ClaimRevoked', key: 'a', owner: customerId };

describe('a customer', () => {
  it('is created with its aliases and how it pays, or without', () => {
    given(customers).when(create()).then(created());
    const bare = { ingestAliases: [], billingConfig: null };
    given(customers).when(create(bare)).then(created(bare));
  });

  it('is created once', () => {
    given(customers, [created()]).when(create()).thenNothing();
    given(customers, [created(), archived]).when(create()).thenNothing();
  });

  it('has a name', () => {
    given(customers)
      .when(create({ name: ' ' }))
      .thenRefused('name_empty', ['name']);
    given(customers)
      .when(create({ name: 'n'.repeat(256) }))
      .thenRefused('name_too_long', ['name']);
  });

  it('that pays by a provider has an id there', () => {
    const unknown = { ...stripe, providerCustomerId: '' };
    given(customers)
      .when(create({ billingConfig: unknown }))
      .thenRefused('provider_customer_id_empty', ['billingConfig', 'providerCustomerId']);
    given(customers, [created()])
      .when(setBilling(unknown))
      .thenRefused('provider_customer_id_empty', ['billingConfig', 'providerCustomerId']);
  });

  it('with several faults is told the first: name, aliases, billing', () => {
    const faulty = { ingestAliases: [''], billingConfig: { ...stripe, providerCustomerId: '' } };
    given(customers)
      .when(create({ name: '', ...faulty }))
      .thenRefused('name_empty');
    given(customers).when(create(faulty)).thenRefused('alias_empty');
  });
});

describe('how a customer pays', () => {
  it('can be set, changed in any part, and removed', () => {
    given(customers, [created({ billingConfig: null })])
      .when(setBilling(stripe))
      .then(billingSet(stripe));
    for (const config of [
      { ...stripe, providerCustomerId: 'stripe002' },
      { ...stripe, collectionMethod: 'CHARGE_AUTOMATICALLY' as const },
      null,
    ]) {
      given(customers, [created()]).when(setBilling(config)).then(billingSet(config));
    }
  });

  it('is not set again to what it is', () => {
    given(customers, [created()]).when(setBilling(stripe)).thenNothing();
    given(customers, [created(), billingSet(null)])
      .when(setBilling(null))
      .thenNothing();
    given(customers, [created(), billingSet(null)])
      .when(setBilling(stripe))
      .then(billingSet(stripe));
  });
});

describe('an archived customer', () => {
  it('is archived once', () => {
    given(customers, [created()]).when(archive).then(archived);
    given(customers, [created(), archived]).when(archive).thenNothing();
  });

  it('is not changed any more', () => {
    const field = ['customerId'];
    given(customers, [created(), archived])
      .when(setAliases)
      .thenRefused('customer_archived', field);
    given(customers, [created(), archived])
      .when(setBilling(null))
      .thenRefused('customer_archived', field);
  });

  it('may be told again what is so', () => {
    given(customers, [created(), archived]).when(setBilling(stripe)).thenNothing();
    given(customers, [created({ ingestAliases: ['a'] }), archived])
      .when(setAliases)
      .thenNothing();
  });

  it('still holds its keys', () => {
    expect(holds(fold(customers, [created(), archived]), 'team@customer.com')).toBe(true);
  });
});

describe('a customer that does not exist', () => {
  it.each([setAliases, setBilling(stripe), setBilling(null), archive])(
    'is not found by %j',
    (command) => {
      given(customers).when(command).thenRefused('customer_not_found', ['customerId']);
    },
  );

  it('is not brought to life by a revoked claim', () => {
    given(customers, [revoked]).when(setAliases).thenRefused('customer_not_found');
    given(customers, [revoked]).when(create()).then(created());
    expect(holds(fold(customers, [revoked]), 'a')).toBe(false);
  });
});
