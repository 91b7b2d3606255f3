import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { may, openGuarded, type GuardedAccount, type Role } from '../support/access.ts';
import { summaryOf } from '../support/refusals.ts';
import { callOf, operations } from '../support/schema-walk.ts';

let guarded: GuardedAccount;
beforeAll(async () => {
  guarded = await openGuarded();
});
afterAll(async () => {
  await guarded.stop();
  await guarded.remove();
});

/** What a query is sent that names something of a customer: the ids of one, or of nobody. */
type Name =
  'customer' | 'contract' | 'invoice' | 'final' | 'payer' | 'alias' | 'explained' | 'line';
type Named = Readonly<Record<Name, string>>;
type Naming = (named: Named, metric: string) => Readonly<Record<string, unknown>>;

const months = { startingAt: '2024-01-01T00:00:00Z', endingBefore: '2025-02-01T00:00:00Z' };
const asOf = { recordedAt: '2025-01-15T00:00:00Z' };

/**
 * Every way to name something of a customer, by query; an operation that is open to the token has
 * to be here.
 */
const namings: Readonly<Record<string, readonly Naming[]>> = {
  clock: [],
  customer: [({ customer }) => ({ id: customer }), ({ customer }) => ({ id: customer, asOf })],
  customerByIngestAlias: [({ alias }) => ({ ingestAlias: alias })],
  contract: [({ contract }) => ({ id: contract }), ({ contract }) => ({ id: contract, asOf })],
  invoice: [({ invoice }) => ({ id: invoice }), ({ invoice }) => ({ id: invoice, asOf })],
  invoices: [
    ({ customer }) => ({ first: 2, customerId: customer }),
    ({ contract }) => ({ first: 2, filter: { contractId: contract } }),
    ({ customer }) => ({ first: 2, customerId: customer, asOf }),
  ],
  usage: [
    ({ customer }, metric) => ({ ...months, customerId: customer, billableMetricId: metric }),
    ({ customer }, metric) => ({
      ...{ ...months, customerId: customer, billableMetricId: metric, asOf },
    }),
  ],
  billingHistory: [({ customer }) => ({ first: 2, customerId: customer })],
  replayInvoice: [({ final }) => ({ id: final })],
  explainLineItem: [({ explained, line }) => ({ invoiceId: explained, lineItemId: line })],
  usageProof: [({ final, payer }) => ({ invoiceId: final, transactionId: `billed-of-${payer}` })],
  previewInvoice: [({ contract }) => ({ contractId: contract })],
  usageTrace: [({ customer }) => ({ transactionId: `email-of-${customer}` })],
  ratedUsage: [({ contract }) => ({ ...months, window: 'MONTH', contractId: contract })],
};

const open = operations.filter(({ field }) => may[field.name]?.includes('bound'));
const cases = open.flatMap((operation) =>
  (namings[operation.field.name] ?? []).map((naming) => ({ operation, naming })),
);

const nobody: Named = {
  customer: `cus_${'0'.repeat(32)}`,
  contract: `con_${'0'.repeat(32)}`,
  invoice: `inv_${'0'.repeat(32)}_usage_20241101T00_0`,
  final: `inv_${'0'.repeat(32)}_usage_20241101T00_0`,
  payer: `cus_${'0'.repeat(32)}`,
  alias: 'nobody@example.com',
  explained: `inv_${'0'.repeat(32)}_usage_20241101T00_0`,
  line: `lin_${'0'.repeat(32)}`,
};
const foreign = ({ account }: GuardedAccount): Named => ({
  customer: account.other,
  contract: account.backdated,
  invoice: account.laterDraft,
  final: account.othersFinal,
  payer: account.third,
  alias: 'gone@example.com',
  explained: account.laterDraft,
  line: account.othersLine,
});
const own = ({ account }: GuardedAccount): Named => ({
  customer: account.customer,
  contract: account.contract,
  invoice: account.finalInvoice,
  final: account.finalInvoice,
  payer: account.customer,
  alias: 'first@example.com',
  explained: account.billedAgain,
  line: account.line,
});

/** The answer as text, without what differs from one request to the next. */
async function answerTo(role: Role, { operation, naming }: (typeof cases)[number], named: Named) {
  const variables = naming(named, guarded.account.metric);
  const call = callOf(operation, variables, 'everything');
  const { data, errors } = await guarded.clients[role].send(call.query, call.variables);
  return { data, errors: errors.map((error) => [summaryOf(error), error.message]) };
}

/**
 * Whatever tells of another customer: names, aliases, ids, and the part of a contract's id in its
 * invoices'.
 */
const tracesOfOthers = (): readonly string[] => {
  const { other, archived, third, ended, follower, backdated } = guarded.account;
  const ids = [other, archived, third, ended, follower, backdated].map((id) => id.slice(4));
  return [...ids, '"Other"', '"Third"', '"Gone"', 'gone@example.com'];
};

describe('a token that is bound to one customer', () => {
  it('has every query that is open to it tried here', () => {
    expect(Object.keys(namings).sort()).toEqual(open.map(({ field }) => field.name).sort());
  });

  for (const [place, tried] of cases.entries()) {
    const { name } = tried.operation.field;
    const what = `${name} (${String(place)})`;

    it(`${what}: cannot tell what is another's from what is not there`, async () => {
      const missing = await answerTo('bound', tried, nobody);
      expect(await answerTo('bound', tried, foreign(guarded))).toEqual(missing);
      // It is there: who may see it is answered otherwise.
      expect(await answerTo('read', tried, foreign(guarded))).not.toEqual(missing);
    });

    it(`${what}: sees its own, as a token for the account does, and nothing of others in it`, async () => {
      const seen = await answerTo('bound', tried, own(guarded));
      expect(seen.errors).toEqual([]);
      expect(seen).toEqual(await answerTo('read', tried, own(guarded)));
      expect(seen).not.toEqual(await answerTo('bound', tried, nobody));
      for (const trace of tracesOfOthers()) expect(JSON.stringify(seen)).not.toContain(trace);
    });
  }

  it('sees its own invoices where it asks for all, and their number', async () => {
    const query = 'query ($of: ID) { invoices(customerId: $of) { totalCount nodes { id } } }';
    const mine = await guarded.clients.read.ask(query, { of: guarded.account.customer });
    expect(await guarded.clients.bound.ask(query)).toEqual(mine);
    expect(await guarded.clients.read.ask(query)).not.toEqual(mine);
  });

  it("finds none of another's contract among its own invoices", async () => {
    const query = `query ($id: ID!, $contract: ID!) {
      customer(id: $id) { invoices(filter: {contractId: $contract}) { totalCount nodes { id } } }
      invoices(filter: {contractId: $contract}) { totalCount nodes { id } } }`;
    const { customer: id, backdated: contract } = guarded.account;
    const none = { totalCount: 0, nodes: [] };
    expect(await guarded.clients.bound.ask(query, { id, contract })).toEqual({
      customer: { invoices: none },
      invoices: none,
    });
  });

  it('does not see what counts events of all customers', async () => {
    const query = `query ($id: ID!) { contract(id: $id) { rateSchedule(at: "2025-01-01T00:00:00Z") {
      product { billableMetric { name passedOver } } } } }`;
    const id = guarded.account.contract;
    const { data, errors } = await guarded.clients.bound.send(query, { id });
    expect([...new Set(errors.map(summaryOf))]).toEqual(['FORBIDDEN - -']);
    expect(JSON.stringify(data)).not.toContain('passedOver');
    expect(JSON.stringify(await guarded.clients.read.ask(query, { id }))).toContain(
      '"passedOver":0',
    );
  });
});
