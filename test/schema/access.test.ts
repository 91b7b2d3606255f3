import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Role } from '../../schema/backend.ts';
import { ask, only, schema } from './asking.ts';

type Token = { role: Role; customerId: string | null };

const tokens = {
  ingest: { role: 'ingest', customerId: null },
  read: { role: 'read', customerId: null },
  bound: { role: 'read', customerId: 'cus_1' },
} as const satisfies Record<string, Token>;

const operations = ['Query', 'Mutation'].flatMap((root) => {
  const type = root === 'Query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type?.getFields() ?? {}).map((field) => ({ root, field }));
});

/** Calls the resolver with nothing behind it: who may not is refused before that is noticed. */
async function mayCall(token: Token, resolve: (typeof operations)[number]['field']['resolve']) {
  const context = { caller: { actor: 'a', requestId: 'r', ...token } };
  try {
    await resolve?.(undefined, {}, context, {} as GraphQLResolveInfo);
    return true;
  } catch (error) {
    return !(error instanceof GraphQLError && error.extensions['code'] === 'FORBIDDEN');
  }
}

async function allowed(token: Token, root: string): Promise<string[]> {
  const names = [];
  for (const { field } of operations.filter((operation) => operation.root === root)) {
    if (await mayCall(token, field.resolve)) names.push(field.name);
  }
  return names.sort();
}

describe('a token', () => {
  it('for ingestion records usage and reads the clock, and no more', async () => {
    expect(await allowed(tokens.ingest, 'Mutation')).toEqual(['recordUsage']);
    expect(await allowed(tokens.ingest, 'Query')).toEqual(['clock']);
  });

  it('for reading reads all but the lists of the operator and changes nothing', async () => {
    expect(await allowed(tokens.read, 'Mutation')).toEqual([]);
    expect(await allowed(tokens.read, 'Query')).toHaveLength(20);
  });

  it('for one customer reads what can be that customer’s, and no lists of the account', async () => {
    expect(await allowed(tokens.bound, 'Mutation')).toEqual([]);
    expect(await allowed(tokens.bound, 'Query')).toEqual([
      'billingHistory',
      'clock',
      'contract',
      'customer',
      'customerByIngestAlias',
      'explainLineItem',
      'invoice',
      'invoices',
      'previewInvoice',
      'ratedUsage',
      'replayInvoice',
      'usage',
      'usageProof',
      'usageTrace',
    ]);
  });

  it('of an admin may do everything', async () => {
    const admin: Token = { role: 'admin', customerId: null };
    expect(await allowed(admin, 'Mutation')).toHaveLength(17);
    expect(await allowed(admin, 'Query')).toHaveLength(24);
  });

  it('that may not is told so with FORBIDDEN', async () => {
    const answer = await ask('{ customers { totalCount } }', {}, { caller: tokens.ingest });
    expect(only(answer)).toMatchObject({ code: 'FORBIDDEN', reason: undefined });
  });
});
