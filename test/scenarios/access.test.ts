import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import {
  actorOf,
  may,
  openGuarded,
  tokens,
  type GuardedAccount,
  type Role,
} from '../support/access.ts';
import { type Client } from '../support/client.ts';
import { headOf } from '../support/refusals-account.ts';
import { summaryOf } from '../support/refusals.ts';
import { callOf, operations } from '../support/schema-walk.ts';

let guarded: GuardedAccount;
let clients: Readonly<Record<Role, Client>>;

beforeAll(async () => {
  guarded = await openGuarded();
  clients = guarded.clients;
});
afterAll(async () => {
  await guarded.stop();
  await guarded.remove();
});

describe('every operation of the schema', () => {
  it('has its roles declared here', () => {
    expect(operations.map(({ field }) => field.name).sort()).toEqual(Object.keys(may).sort());
  });

  for (const operation of operations) {
    const { name } = operation.field;
    const { query, variables } = callOf(operation);
    for (const role of ['ingest', 'read', 'bound'] as const) {
      const allowed = may[name]?.includes(role) === true;
      it(`${name} is ${allowed ? 'open' : 'FORBIDDEN'} to ${role}`, async () => {
        const before = await headOf(clients.admin);
        const { data, errors } = await clients[role].send<Record<string, unknown>>(
          query,
          variables,
        );
        const codes = errors.map(({ extensions }) => extensions.code);
        if (allowed) {
          expect(codes).not.toContain('FORBIDDEN');
          expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
          return;
        }
        expect(errors.map(summaryOf)).toEqual(['FORBIDDEN - -']);
        expect(errors[0]?.message).toContain('token');
        expect(data?.[name]).toBeNull();
        expect(await headOf(clients.admin)).toBe(before);
      });
    }

    it(`${name} is open to admin`, async () => {
      const { errors } = await clients.admin.send(query, variables);
      const codes = errors.map(({ extensions }) => extensions.code);
      expect(codes).not.toContain('FORBIDDEN');
      expect(codes).not.toContain('GRAPHQL_VALIDATION_FAILED');
    });

    it.each([
      ['no token', undefined],
      ['a token that nobody has', 'Bearer stranger-token-of-some-length'],
      ['a token with a letter more', `Bearer ${tokens.admin}x`],
      ['a token under another scheme', `Basic ${tokens.admin}`],
    ])(`${name} is closed to %s`, async (_whose, authorization) => {
      const answer = await fetch(guarded.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        body: JSON.stringify({ query, variables }),
      });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await answer.json()).toMatchObject({
        errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
      });
    });
  }
});

describe('a refused mutation', () => {
  it('takes nothing away from the one beside it, and adds nothing', async () => {
    const customers = 'query { customers { totalCount } }';
    const before = await clients.admin.ask(customers);
    const { data, errors } = await clients.ingest.send(
      `mutation { createCustomer(input: {name: "N"}) { __typename }
        recordUsage(events: []) { accepted } }`,
    );
    expect(data).toEqual({ createCustomer: null, recordUsage: { accepted: 0 } });
    expect(errors.map(summaryOf)).toEqual(['FORBIDDEN - -']);
    expect(await clients.admin.ask(customers)).toEqual(before);
  });
});

describe('an event', () => {
  it('says who caused it, and in which request', async () => {
    const created = await fetch(guarded.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${tokens.admin}`,
        'x-request-id': 'sign-up-17',
      },
      body: JSON.stringify({
        query: 'mutation { createCustomer(input: {name: "Signed"}) { customer { id } } }',
      }),
    });
    const { data } = (await created.json()) as {
      data: { createCustomer: { customer: { id: string } } };
    };
    const { id } = data.createCustomer.customer;
    await clients.ingest.ask(
      `mutation ($id: String!) { recordUsage(events: [{transactionId: "who", customerId: $id,
        eventType: "email", timestamp: "2025-01-10T00:00:00Z"}]) { position } }`,
      { id },
    );
    await guarded.stop();
    const log = openSqliteLog({ folder: guarded.folder });
    const { events } = await log.readAll();
    await log.close();
    const actorsOf = (type: string) => [
      ...new Set(
        events.filter(({ event }) => event.type === type).map(({ metadata }) => metadata.actor),
      ),
    ];
    const eventWith = (text: string) =>
      events.find(({ event }) => JSON.stringify(event).includes(JSON.stringify(text)))?.metadata;
    expect(eventWith('Signed')).toMatchObject({
      actor: actorOf('admin'),
      requestIds: ['sign-up-17'],
    });
    expect(eventWith('who')?.actor).toBe(actorOf('ingest'));
    // Before there were tokens, everyone was local.
    expect(actorsOf('ContractCreated')).toEqual(['local']);
    expect(actorsOf('PeriodClosed')).toEqual(['biller']);
    expect(events.every(({ metadata }) => metadata.actor !== '')).toBe(true);
    expect(JSON.stringify(events.map(({ event, metadata }) => [event, metadata]))).not.toContain(
      'token-of',
    );
  });
});
