import { getIntrospectionQuery, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { queryCost } from '../../schema/limits.ts';
import { ask, only, schema } from './asking.ts';

/** Deep by that many levels: contracts and their customers in turn. */
const deep = (levels: number): string => {
  let selection = '{ id }';
  for (let level = levels - 1; level > 0; level -= 1) {
    const field = level === 1 ? 'contract(id: "c")' : level % 2 === 0 ? 'customer' : 'contracts';
    selection = `{ ${field} ${selection} }`;
  }
  return selection;
};

const honest = `{
  customers(first: 50) {
    nodes { name contracts { name startingAt
      rateSchedule { product { name } pricing { unitPrice } }
      invoices(first: 12) { nodes { status periodStart
        lineItems { product { name } quantity unitPrice amount { formatted } }
        total { formatted }
      } }
    } }
  }
}`;

/** Passed the limits: what fails then is that there is no backend. */
const passes = async (query: string, variables = {}): Promise<boolean> => {
  const { errors } = await ask(query, variables);
  return errors.every(({ extensions }) => !String(extensions?.['reason']).startsWith('query_too'));
};

describe('the depth limit', () => {
  it('lets twelve levels pass and refuses thirteen, with both numbers', async () => {
    expect(await passes(deep(12))).toBe(true);
    const refused = only(await ask(deep(13)));
    expect(refused).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED', reason: 'query_too_deep' });
    expect(refused.message).toContain('the limit is 12 levels, this has 13');
  });

  it('is not got around by fragments', async () => {
    const query = `fragment A on Customer { contracts { customer { contracts { customer { contracts { id } } } } } }
      { contract(id: "c") { customer { contracts { customer { contracts { customer { contracts { customer { ...A } } } } } } } } }`;
    expect(only(await ask(query)).reason).toBe('query_too_deep');
  });
});

describe('the cost limit', () => {
  it('has room for an honest report', async () => {
    expect(await passes(honest)).toBe(true);
    expect(
      await passes('{ products(first: 1000) { nodes { id name tags type createdAt } } }'),
    ).toBe(true);
  });

  it('refuses what multiplies, with both numbers, and before anything is asked', async () => {
    const query = '{ customers(first: 1000) { nodes { invoices(first: 1000) { nodes { id } } } } }';
    const answer = await ask(query);
    expect(only(answer)).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
      reason: 'query_too_costly',
    });
    expect(only(answer).message).toMatch(/the limit is 100000, this may cost \d{7}/);
    expect(answer.status).toBe(400);
    expect(Object.keys(answer.errors[0]?.extensions ?? {}).sort()).toEqual(['code', 'reason']);
  });

  it('costs what the schema says', () => {
    const costOf = (query: string): number => {
      const document = parse(query);
      const [operation] = document.definitions;
      if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('an operation');
      return queryCost(schema, document, operation, {});
    };
    // 1 + 2 x (1 + name 0.1 + 1 + 3 x (1 + id 0.1)) = 1 + 2 x 5.4
    const pages = '{ customers(first: 2) { nodes { name invoices(first: 3) { nodes { id } } } } }';
    expect(costOf(pages)).toBeCloseTo(11.8);
    // An object of two leaves: 1 + 0.2.
    expect(costOf('{ customer(id: "c") { id name } }')).toBeCloseTo(1.2);
    const history = '{ billingHistory(customerId: "c", first: 10) { nodes { type data } } }';
    expect(costOf(history)).toBeCloseTo(1 + 10 * 6.1);
    expect(costOf('{ replayInvoice(id: "i") { matches } }')).toBeCloseTo(5001.1);
    expect(schema.getQueryType()?.description).toContain('12 levels deep and cost 100,000');
  });

  it('adds up aliases', async () => {
    const fields = Array.from(
      { length: 90 },
      (_, index) => `a${String(index)}: customers(first: 1000) { nodes { id name } }`,
    );
    expect(only(await ask(`{ ${fields.join(' ')} }`)).reason).toBe('query_too_costly');
    expect(await passes(`{ ${fields.slice(0, 20).join(' ')} }`)).toBe(true);
  });

  it.each([
    'replayInvoice(id: "i") { matches }',
    'usageProof(invoiceId: "i", transactionId: "t") { root }',
  ])('lets some invoices be read again in one document, and not hundreds: %s', async (field) => {
    const asked = (count: number) =>
      `{ ${Array.from({ length: count }, (_, index) => `a${String(index)}: ${field}`).join(' ')} }`;
    expect(await passes(asked(12))).toBe(true);
    expect(only(await ask(asked(20))).reason).toBe('query_too_costly');
  });

  it('refuses a document of very many fields', async () => {
    const fields = Array.from({ length: 10_001 }, (_, index) => `a${String(index)}: __typename`);
    expect(only(await ask(`{ ${fields.join(' ')} }`)).reason).toBe('query_too_costly');
  });

  it('looks at the variables of every call, not only of the first', async () => {
    const query =
      'query($n: Int) { customers(first: $n) { nodes { invoices(first: $n) { nodes { id } } } } }';
    expect(await passes(query, { n: 10 })).toBe(true);
    expect(only(await ask(query, { n: 1000 })).reason).toBe('query_too_costly');
    expect(await passes(query, { n: 10 })).toBe(true);
  });

  it('is not got around by an argument or a variable that does not fit', async () => {
    const costly = 'customers(first: 1000) { nodes { invoices(first: 1000) { nodes { id } } } }';
    const argument = `query($id: ID = "c") { customer(id: $id) { id } ${costly} }`;
    const answer = await ask(argument, { id: null });
    expect(answer.data ?? null).toBeNull();
    expect(answer.errors[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
    const variable = `query($id: ID!) { customer(id: $id) { id } ${costly} }`;
    expect(only(await ask(variable, {})).code).toBe('BAD_USER_INPUT');
    expect(only(await ask(variable, { id: 'c' })).reason).toBe('query_too_costly');
  });
});

describe('introspection', () => {
  it('works in full', async () => {
    const { data, errors } = await ask(
      getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true }),
    );
    expect(errors).toEqual([]);
    expect(JSON.stringify(data)).toContain('CreateContractInput');
  });
});
