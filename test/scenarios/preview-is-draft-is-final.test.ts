import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { story, type World } from '../support/scenario.ts';

const start = instant('2024-10-01T00:00:00Z');
const daysFrom = (at: Instant, days: number): Instant => addHours(at, 24 * days);

type Used = {
  readonly id: number;
  readonly key: 'id' | 'alias' | 'nobody';
  readonly type: 'sum' | 'other';
  readonly hoursAgo: number;
  readonly n: number | string;
};
type Step =
  | { readonly do: 'use'; readonly events: readonly Used[] }
  | { readonly do: 'advance'; readonly days: number }
  | { readonly do: 'void' | 'finalize'; readonly which: number }
  | { readonly do: 'end'; readonly daysAhead: number | null };

const used: fc.Arbitrary<Used> = fc.record({
  // Few enough that some come again, with the same content or another.
  id: fc.nat(60),
  key: fc.constantFrom('id', 'id', 'alias', 'nobody'),
  type: fc.constantFrom('sum', 'other'),
  hoursAgo: fc.integer({ min: -100, max: 24 * 60 }),
  n: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constantFrom('0.125', 'many')),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      events: fc.array(used, { maxLength: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      days: fc.integer({ min: 1, max: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('void' as const, 'finalize' as const),
      which: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      daysAhead: fc.option(fc.integer({ min: -20, max: 20 }), { freq: 3 }),
    }),
  },
);
const aggregations = fc.constantFrom('MAX', 'UNIQUE', 'LATEST');
const calendars = fc.constantFrom(
  { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' },
  { frequency: 'WEEKLY', day: 'CONTRACT_START' },
  { frequency: 'QUARTERLY', day: 'CONTRACT_START' },
);

const fields = `id status periodStart periodEnd currency daysUntilDue total { amount }
  lineItems(includeZero: true) { id type name startingAt endingBefore quantity unitPrice amount { amount } tier groupValues product { id } }`;

type Invoice = { readonly id: string; readonly status: string; readonly periodStart: Instant };
type Account = { readonly customerId: string; readonly contractId: string };

/** All USAGE drafts of the contract, of which those that have begun are listed. */
async function drafts(w: World, { contractId }: Account): Promise<readonly Invoice[]> {
  const { contract } = await w.ask<{ contract: { invoices: { nodes: readonly Invoice[] } } }>(
    `query ($id: ID!) { contract(id: $id) {
      invoices(filter: {statuses: [DRAFT], types: [USAGE]}) { nodes { ${fields} } } } }`,
    { id: contractId },
  );
  return contract.invoices.nodes;
}

async function preview(
  w: World,
  { contractId }: Account,
  events: readonly object[],
  invoiceId: string | null,
): Promise<Invoice | null> {
  const { previewInvoice } = await w.ask<{ previewInvoice: Invoice | null }>(
    `query ($contractId: ID!, $events: [UsageEventInput!], $invoiceId: ID) {
      previewInvoice(contractId: $contractId, events: $events, invoiceId: $invoiceId) { ${fields} } }`,
    { contractId, events, invoiceId },
  );
  const plain = JSON.stringify(previewInvoice).replaceAll(/@preview-[0-9a-f]+/g, '');
  return JSON.parse(plain) as Invoice | null;
}

const invoice = async (w: World, id: string): Promise<Invoice | null> =>
  (
    await w.ask<{ invoice: Invoice | null }>(
      `query ($id: ID!) { invoice(id: $id) { ${fields} } }`,
      { id },
    )
  ).invoice;

/** Previews of every draft, then the events for real: each draft is what its preview was. */
async function use(w: World, account: Account, events: readonly object[], clock: Instant) {
  const before = await drafts(w, account);
  const byDefault = await preview(w, account, events, null);
  const previews = await Promise.all(before.map(({ id }) => preview(w, account, events, id)));
  if (events.length > 0) await w.record(events);
  await w.invoices(account.customerId);
  const after = await drafts(w, account);
  for (const draft of after) {
    const found = previews.find((one) => one?.id === draft.id) ?? byDefault;
    if (found?.id === draft.id) expect(found).toEqual(draft);
  }
  if (byDefault === null) expect(after).toEqual([]);
  else expect(await invoice(w, byDefault.id)).toEqual(byDefault);
  expect(previews.filter((one) => one !== null).map(({ id }) => id)).toEqual(
    before.filter(({ id }) => after.some((one) => one.id === id)).map(({ id }) => id),
  );
  return after.filter(({ periodStart }) => periodStart <= clock).length;
}

async function finalize(w: World, account: Account, which: number) {
  const open = await drafts(w, account);
  const draft = open[which % Math.max(open.length, 1)];
  if (draft === undefined) return;
  const refused = await w.refusalOfInvoice('finalizeInvoice', draft.id);
  if (refused !== undefined) return;
  expect(await invoice(w, draft.id)).toEqual({ ...draft, status: 'FINALIZED' });
}

/** A customer whose contract meters one product that adds up and one that does not. */
async function signUp(w: World, aggregation: string, usageStatementSchedule: object) {
  const sum = await w.metered('sum', 'SUM', 'n');
  const other = await w.metered('other', aggregation, 'n');
  const rates = [
    { productId: sum.productId, unitPrice: '1.25' },
    { productId: other.productId, unitPrice: '0.5' },
    // A change inside October, so that there are segments.
    { productId: sum.productId, unitPrice: '0.333', startingAt: '2024-10-20' },
    { productId: other.productId, unitPrice: '7', startingAt: '2024-10-12' },
  ];
  const rateCardId = await w.card(rates);
  const customerId = await w.customer('Any', ['alias']);
  const terms = { customerId, rateCardId, startingAt: '2024-10', usageStatementSchedule };
  return { customerId, contractId: await w.contract(terms) };
}

async function take(w: World, account: Account, step: Step, now: Instant): Promise<void> {
  const { customerId, contractId } = account;
  switch (step.do) {
    case 'use': {
      const events = step.events.map(({ id, key, type, hoursAgo, n }) => ({
        transactionId: `e-${String(id)}`,
        customerId: key === 'id' ? customerId : key,
        eventType: type,
        timestamp: addHours(now, -hoursAgo),
        properties: { n },
      }));
      await use(w, account, events, now);
      return;
    }
    case 'advance':
      await w.advance(daysFrom(now, step.days));
      return;
    case 'end': {
      const endingBefore = step.daysAhead === null ? null : daysFrom(now, step.daysAhead);
      await w.refusal('updateContractEndDate', { customerId, contractId, endingBefore });
      return;
    }
    case 'finalize':
      return finalize(w, account, step.which);
    case 'void': {
      const final = await w.invoices(customerId, { statuses: ['FINALIZED'] });
      const id = final[step.which % Math.max(final.length, 1)]?.id;
      if (id !== undefined) await w.refusalOfInvoice('voidInvoice', id);
    }
  }
}

describe('an invoice', () => {
  it('is, as a preview, what it is as a draft, and as a final one', async () => {
    const steps = fc.array(step, { minLength: 10, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, aggregations, calendars, async (taken, aggregation, calendar) => {
        await story('2024-10', async (w) => {
          const account = await signUp(w, aggregation, calendar);
          let now = start;
          for (const one of taken) {
            await take(w, account, one, now);
            if (one.do === 'advance') now = daysFrom(now, one.days);
          }
        });
      }),
      {
        numRuns: 6,
        seed: 20_241_001,
      },
    );
  }, 60_000);
});
