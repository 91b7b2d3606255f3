import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

type Read = {
  readonly nodes: readonly {
    readonly position: string;
    readonly stream: string;
    readonly revision: number;
    readonly type: string;
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, unknown>>;
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

async function page(w: World, customerId: string, more: object = {}): Promise<Read> {
  const { clock: _clock, billingHistory } = await w.ask<{ clock: object; billingHistory: Read }>(
    `query ($customerId: ID!, $types: [String!], $first: Int, $after: String, $min: LogPosition) {
      clock { now }
      billingHistory(customerId: $customerId, types: $types, first: $first, after: $after,
          minPosition: $min) {
        nodes { position stream revision type data metadata }
        pageInfo { hasNextPage endCursor } } }`,
    { customerId, ...more },
  );
  return billingHistory;
}

/** Types of all events, and of usage the ids of its lines, read so many at a time. */
async function told(w: World, customerId: string, first = 100, types?: readonly string[]) {
  const events: string[] = [];
  let after: string | null = null;
  for (;;) {
    const { nodes, pageInfo } = await page(w, customerId, { first, after, types });
    for (const { type, data } of nodes) {
      const lines = data['lines'] as readonly { transactionId: string }[] | undefined;
      const isUsage = type === 'UsageRecorded';
      events.push(isUsage ? (lines ?? []).map((one) => one.transactionId).join() : type);
    }
    if (!pageInfo.hasNextPage) return events;
    after = pageInfo.endCursor;
  }
}

const alias = 'team@example.com';

describe('the billing history of a customer', () => {
  it('tells everything about it in log order, a page at a time, and of one type', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails');
      const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('First', [alias]);
      await w.use(customerId, 'emails', '2024-10-02');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(alias, 'unmetered', '2031-02-02');
      await w.use('nobody@example.com', 'emails', '2024-10-02');
      await w.advance('2024-11-02');
      const all = [
        ...['KeyClaimed', 'KeyClaimed', 'CustomerCreated', 't-1', 'ContractCreated'],
        ...['t-2', 'PeriodClosed', 'InvoiceFinalized'],
      ];
      await w.usage(customerId, emails);
      expect(await told(w, customerId)).toEqual(all);
      for (const first of [1, 2, 3]) expect(await told(w, customerId, first)).toEqual(all);
      expect(await told(w, customerId, 1, ['PeriodClosed', 'UsageRecorded', 'Other'])).toEqual([
        't-1',
        't-2',
        'PeriodClosed',
      ]);
      const { nodes } = await page(w, customerId, { types: ['InvoiceFinalized'] });
      expect(nodes[0]).toMatchObject({
        stream: expect.stringMatching(/^invoice-inv_/),
        revision: 0,
        data: { customerId, total: '0.1' },
        metadata: { actor: 'biller', version: expect.any(Number) },
      });
      const { invoices } = { invoices: await w.invoices(customerId, { statuses: ['FINALIZED'] }) };
      await w.voided(invoices[0]?.id ?? '');
      expect(await told(w, customerId)).toEqual([...all, 'InvoiceVoided', 'PeriodReopened']);
    }));

  it('has the usage that it owns, and no other under a key that changes hands', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails');
      await w.use(alias, 'emails', '2024-10-01');
      const from = await w.customer('From', [alias]);
      const to = await w.customer('To');
      await w.use(alias, 'emails', '2024-10-02');
      await w.mutate('setIngestAliases', { customerId: from, ingestAliases: [] });
      await w.use(alias, 'emails', '2024-10-01');
      await w.mutate('setIngestAliases', { customerId: to, ingestAliases: [alias] });
      await w.use(alias, 'emails', '2024-12-02');
      await w.usage(from, emails);
      expect(await told(w, from, 2, ['UsageRecorded'])).toEqual(['t-1', 't-2']);
      expect(await told(w, to, 1, ['UsageRecorded'])).toEqual(['t-3', 't-4']);
    }));

  it('goes on in the middle of many events and streams', () =>
    story('2024-10', async (w) => {
      const customerId = await w.customer('Many');
      const months = ['2024-10', '2024-11', '2025-01'];
      let sent = 0;
      const ids: string[] = [];
      for (let index = 0; index < 300; index += 1) {
        sent += 1;
        ids.push(`t-${String(sent)}`);
        await w.use(customerId, 'emails', months[index % 3 === 0 ? 0 : index < 150 ? 1 : 2] ?? '');
      }
      const emails = await w.metered('emails');
      await w.usage(customerId, emails);
      for (const first of [7, 90, 1000]) {
        expect(await told(w, customerId, first, ['UsageRecorded'])).toEqual(ids);
      }
    }));

  it(
    'ends a page early where its events are very long, and leaves none out',
    () =>
      story('2024-10', async (w) => {
        const customerId = await w.customer('Large');
        const note = 'x'.repeat(4000);
        const ids: string[] = [];
        for (let batch = 0; batch < 22; batch += 1) {
          const lines = Array.from({ length: 200 }, (_, line) => ({
            ...w.event(customerId, 'emails', '2024-10-02', { note }),
            transactionId: `${String(batch)}-${String(line)}`,
          }));
          ids.push(lines.map((one) => one.transactionId).join());
          await w.record(lines);
          if (batch === 20)
            await w.mutate('setIngestAliases', { customerId, ingestAliases: ['a'] });
        }
        const after = ['KeyClaimed', 'IngestAliasesSet'];
        const told22 = [...ids.slice(0, 21), ...after, ...ids.slice(21)];
        const { nodes, pageInfo } = await page(w, customerId, { first: 1000 });
        expect(nodes.length).toBeLessThan(22);
        expect(nodes.length).toBeGreaterThan(15);
        expect(pageInfo.hasNextPage).toBe(true);
        const all = await told(w, customerId, 1000);
        expect(all).toEqual(['KeyClaimed', 'CustomerCreated', ...told22]);
      }),
    60_000,
  );

  it('takes any number of types', () =>
    story('2024-10', async (w) => {
      const customerId = await w.customer('First');
      const types = [
        'CustomerCreated',
        ...Array.from({ length: 40_000 }, (_, i) => `T${String(i)}`),
      ];
      expect(await told(w, customerId, 10, types)).toEqual(['CustomerCreated']);
    }));

  it('is refused for a customer that is not there, and with a cursor of another', () =>
    story('2024-10', async (w) => {
      const customerId = await w.customer('First');
      const other = await w.customer('Other');
      const { pageInfo } = await page(w, customerId, { first: 1 });
      const ask = (id: string, after: string | null) =>
        w.send(
          `query ($id: ID!, $after: String) {
            billingHistory(customerId: $id, after: $after) { nodes { type } } }`,
          { id, after },
        );
      const refused = await ask('cus_nobody', null);
      expect(refused.errors[0]?.extensions).toMatchObject({ reason: 'customer_not_found' });
      const mixed = await ask(other, pageInfo.endCursor);
      expect(mixed.errors[0]?.extensions).toMatchObject({ reason: 'invalid_cursor' });
    }));
});
