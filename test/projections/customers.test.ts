import { describe, expect, it } from 'vitest';
import { customerIdByAlias, customersByIds, listCustomers } from '../../projections/customers.ts';
import { type BillingConfig } from '../../src/customers/events.ts';
import { aliasesSet, customerCreated, january, month } from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded, type MainEvent, type Placed } from '../support/recorded.ts';

const { folded } = useStores(openMain);

const customer = async (customerId: string, ...events: (MainEvent | Placed)[]) => {
  const { reader } = await folded(recorded(...events));
  return (await customersByIds(reader, [customerId])).get(customerId);
};

describe('a customer', () => {
  const created = customerCreated('cus_1', { name: 'First', ingestAliases: ['b', 'a'] });
  const asCreated = {
    customerId: 'cus_1',
    name: 'First',
    ingestAliases: ['b', 'a'],
    billingConfig: null,
    createdAt: january,
    archivedAt: null,
  };

  it('is found by id, as created', async () => {
    expect(await customer('cus_1', created)).toEqual(asCreated);
    expect(await customer('cus_2', created)).toBeUndefined();
  });

  it('has the aliases set last', async () => {
    expect(await customer('cus_1', created, aliasesSet('cus_1', 'c'))).toEqual({
      ...asCreated,
      ingestAliases: ['c'],
    });
  });

  it('has the billing config set last, or none', async () => {
    const billingConfig: BillingConfig = {
      provider: 'STRIPE',
      providerCustomerId: 'stripe001',
      collectionMethod: 'SEND_INVOICE',
    };
    const set = { type: 'BillingConfigSet', customerId: 'cus_1', billingConfig } as const;
    expect(await customer('cus_1', created, set)).toEqual({ ...asCreated, billingConfig });
    expect(await customer('cus_1', { ...created, billingConfig })).toEqual({
      ...asCreated,
      billingConfig,
    });
    const removed = { ...set, billingConfig: null };
    expect(await customer('cus_1', created, set, removed)).toEqual(asCreated);
  });

  it('is archived at an instant', async () => {
    const archivedAt = month(5);
    const archived = { type: 'CustomerArchived', customerId: 'cus_1', archivedAt } as const;
    expect(await customer('cus_1', created, archived)).toEqual({ ...asCreated, archivedAt });
  });

  it('is not changed by a claim that is revoked', async () => {
    const event = { type: 'ClaimRevoked', key: 'b', owner: 'cus_1' };
    const revoked = { stream: 'customer-cus_1', event };
    expect(await customer('cus_1', created, revoked)).toEqual(asCreated);
  });
});

describe('an alias', () => {
  it('leads to the customer that holds it, until it is given up', async () => {
    const { reader } = await folded(
      recorded(
        customerCreated('cus_1', { ingestAliases: ['kept', 'moved', 'dropped'] }),
        customerCreated('cus_2'),
        aliasesSet('cus_1', 'kept'),
        aliasesSet('cus_2', 'moved'),
      ),
    );
    expect(await customerIdByAlias(reader, 'kept')).toBe('cus_1');
    expect(await customerIdByAlias(reader, 'moved')).toBe('cus_2');
    expect(await customerIdByAlias(reader, 'dropped')).toBeUndefined();
    expect(await customerIdByAlias(reader, 'cus_1')).toBeUndefined();
  });

  it("is the last taker's, even when the one before says later that it gave it up", async () => {
    const { reader } = await folded(
      recorded(
        customerCreated('cus_1', { ingestAliases: ['moved'] }),
        customerCreated('cus_2', { ingestAliases: ['moved'] }),
        aliasesSet('cus_1'),
      ),
    );
    expect(await customerIdByAlias(reader, 'moved')).toBe('cus_2');
  });
});

describe('the list of customers', () => {
  const events = recorded(
    customerCreated('cus_c', { name: 'Ärzte 100%', ingestAliases: ['Team@Customer.com'] }),
    customerCreated('cus_a', { name: 'under_score' }),
    customerCreated('cus_b', { name: 'back\\slash' }),
    aliasesSet('cus_a', 'renamed'),
  );
  const found = async (search: string | null) => {
    const { reader } = await folded(events);
    const page = await listCustomers(reader, search, { first: 10, after: null });
    expect(page.totalCount).toBe(page.edges.length);
    return page.edges.map(({ node }) => node.customerId);
  };

  it('is in order of creation', async () => {
    expect(await found(null)).toEqual(['cus_c', 'cus_a', 'cus_b']);
    expect(await found('')).toEqual(['cus_c', 'cus_a', 'cus_b']);
  });

  it('is searched by a part of the name, the id or an alias, upper or lower case', async () => {
    expect(await found('äRZ')).toEqual(['cus_c']);
    expect(await found('CUS_A')).toEqual(['cus_a']);
    expect(await found('@customer')).toEqual(['cus_c']);
    expect(await found('RENAMED')).toEqual(['cus_a']);
    expect(await found('nobody')).toEqual([]);
  });

  it('is searched for what is written, wildcards too', async () => {
    expect(await found('%')).toEqual(['cus_c']);
    expect(await found('r_s')).toEqual(['cus_a']);
    expect(await found('k\\s')).toEqual(['cus_b']);
    expect(await found('r%s')).toEqual([]);
    expect(await found('c_s')).toEqual([]);
    expect(await found('_'.repeat(100_000))).toEqual([]);
  });

  it('counts all that a search finds, on every page', async () => {
    const { reader } = await folded(events);
    const first = await listCustomers(reader, 'cus', { first: 1, after: null });
    const after = first.edges[0]?.cursor ?? null;
    const rest = await listCustomers(reader, 'cus', { first: 5, after });
    expect(rest.edges.map(({ node }) => node.customerId)).toEqual(['cus_a', 'cus_b']);
    expect([first.totalCount, rest.totalCount]).toEqual([3, 3]);
    expect([first.hasNextPage, rest.hasNextPage]).toEqual([true, false]);
  });
});
