import { describe, expect, it } from 'vitest';
import { billOf } from '../support/bills.ts';
import { at, story, type World } from '../support/scenario.ts';

type Page = {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  readonly totalCount: number;
};

const pageFields =
  'edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } totalCount';

/**
 * Two contracts with different products; October of the first is voided, and its fee falls on 1
 * November.
 */
async function manyInvoices(w: World) {
  const emails = await w.metered('emails');
  const rows = await w.metered('rows');
  const fee = await w.fixed('fee');
  const emailCard = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const rowCard = await w.card([{ productId: rows.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('Lists');
  const recurringSchedule = {
    startingAt: at('2024-11'),
    endingBefore: at('2025-02'),
    frequency: 'MONTHLY',
    amount: '10',
  };
  const first = await w.contract({
    customerId,
    rateCardId: emailCard,
    startingAt: '2024-10',
    scheduledCharges: [{ productId: fee, schedule: { recurringSchedule } }],
  });
  const second = await w.contract({ customerId, rateCardId: rowCard, startingAt: '2024-10' });
  const stranger = await w.customer('Stranger');
  const theirs = await w.contract({
    customerId: stranger,
    rateCardId: emailCard,
    startingAt: '2024-11',
  });
  await w.advance('2024-11-02');
  const [voided] = await w.invoices(customerId, {
    contractId: first,
    endingBefore: at('2024-10-02'),
  });
  await w.voided(voided?.id ?? '');
  return { customerId, stranger, first, second, theirs };
}

describe('invoices', () => {
  it('are listed newest period first, scheduled before usage, drafts among final ones', () =>
    story('2024-10', async (w) => {
      const { customerId, first } = await manyInvoices(w);
      const nodes = await w.invoices(customerId);
      const shape = nodes.map((invoice) => billOf(invoice).split(' ').slice(0, 3).join(' '));
      const october = [
        'USAGE DRAFT 2024-10-01..2024-11-01',
        'USAGE FINALIZED 2024-10-01..2024-11-01',
        'USAGE VOID 2024-10-01..2024-11-01',
      ];
      expect(shape.slice(0, 3)).toEqual([
        'SCHEDULED FINALIZED 2024-11-01',
        'USAGE DRAFT 2024-11-01..2024-12-01',
        'USAGE DRAFT 2024-11-01..2024-12-01',
      ]);
      expect(shape.slice(3).toSorted()).toEqual(october);
      // Of one period and type, by id.
      for (const [from, to] of [
        [1, 3],
        [3, 6],
      ] as const) {
        const ids = nodes.slice(from, to).map(({ id }) => id);
        expect(ids).toEqual(ids.toSorted());
      }
      expect(nodes.filter(({ contract }) => contract.id === first)).toHaveLength(4);
      expect(new Set(nodes.map(({ id }) => id)).size).toBe(6);
    }));

  it.each([1, 2, 3, 5, 6])('come in pages of %i with nothing left out or twice', (first) =>
    story('2024-10', async (w) => {
      const { customerId } = await manyInvoices(w);
      const all = (await w.invoices(customerId)).map(({ id }) => id);
      const seen: string[] = [];
      let after: string | null = null;
      for (;;) {
        const { invoices }: { invoices: Page } = await w.ask(
          `query ($customerId: ID, $first: Int, $after: String) {
            invoices(customerId: $customerId, first: $first, after: $after) { ${pageFields} } }`,
          { customerId, first, after },
        );
        expect(invoices.totalCount).toBe(6);
        seen.push(...invoices.edges.map(({ node }) => node.id));
        expect(invoices.pageInfo.hasNextPage).toBe(seen.length < 6);
        expect(invoices.pageInfo.hasPreviousPage).toBe(after !== null);
        if (!invoices.pageInfo.hasNextPage) break;
        after = invoices.edges.at(-1)?.cursor ?? null;
      }
      expect(seen).toEqual(all);
    }),
  );

  it('are filtered by status, type, contract and start, all at once', () =>
    story('2024-10', async (w) => {
      const { customerId, first, second, stranger, theirs } = await manyInvoices(w);
      const count = async (filter: object, of: string | null = customerId) => {
        const { invoices } = await w.ask<{ invoices: Page }>(
          `query ($of: ID, $filter: InvoiceFilterInput) {
            invoices(customerId: $of, filter: $filter) { ${pageFields} } }`,
          { of, filter },
        );
        expect(invoices.edges).toHaveLength(invoices.totalCount);
        return invoices.totalCount;
      };
      expect(await count({ statuses: ['DRAFT'] })).toBe(3);
      expect(await count({ statuses: ['VOID', 'FINALIZED'] })).toBe(3);
      expect(await count({ statuses: [] })).toBe(0);
      expect(await count({ types: ['SCHEDULED'] })).toBe(1);
      expect(await count({ types: ['SCHEDULED'], statuses: ['DRAFT'] })).toBe(0);
      expect(await count({ contractId: second })).toBe(2);
      expect(await count({ contractId: first, statuses: ['DRAFT'] })).toBe(2);
      expect(await count({ contractId: theirs })).toBe(0);
      expect(await count({ startingAt: at('2024-11') })).toBe(3);
      expect(await count({ endingBefore: at('2024-11') })).toBe(3);
      expect(await count({ startingAt: at('2024-11'), endingBefore: at('2024-11') })).toBe(0);
      // Without a customer: everybody's.
      expect(await count({}, null)).toBe(7);
      expect(await count({ statuses: ['DRAFT'] }, null)).toBe(4);
      expect(await count({}, stranger)).toBe(1);
      expect(await count({ contractId: theirs }, null)).toBe(1);
    }));

  it('of a customer and of a contract are the same ones', () =>
    story('2024-10', async (w) => {
      const { customerId, first } = await manyInvoices(w);
      const { customer, contract } = await w.ask<
        Record<'customer' | 'contract', { invoices: Page }>
      >(
        `query ($customerId: ID!, $contractId: ID!) {
          customer(id: $customerId) { invoices { ${pageFields} } }
          contract(id: $contractId) { invoices { ${pageFields} } } }`,
        { customerId, contractId: first },
      );
      const all = await w.invoices(customerId);
      const ids = ({ invoices }: { invoices: Page }) => invoices.edges.map(({ node }) => node.id);
      expect(ids(customer)).toEqual(all.map(({ id }) => id));
      expect(ids(contract)).toEqual(
        all.filter((invoice) => invoice.contract.id === first).map(({ id }) => id),
      );
    }));
});
