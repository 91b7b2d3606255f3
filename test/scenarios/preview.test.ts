import { describe, expect, it } from 'vitest';
import { expectSum, invoiceFields, billOf, type InvoiceRead } from '../support/bills.ts';
import { at, story, type World } from '../support/scenario.ts';

const query = `query ($contractId: ID!, $events: [UsageEventInput!], $invoiceId: ID) {
  previewInvoice(contractId: $contractId, events: $events, invoiceId: $invoiceId) {
    ${invoiceFields} lineItems { id } } }`;

type Preview = InvoiceRead & { readonly lineItems: readonly { readonly id: string }[] };

async function preview(
  w: World,
  contractId: string,
  events: readonly object[] | null,
  invoiceId?: string,
): Promise<Preview | null> {
  const { previewInvoice } = await w.ask<{ previewInvoice: Preview | null }>(query, {
    contractId,
    events,
    invoiceId,
  });
  if (previewInvoice !== null) expectSum(previewInvoice);
  return previewInvoice;
}

function lineIdsOf(found: Preview | null): string[] {
  const lines: readonly { readonly id: string }[] = found?.lineItems ?? [];
  return lines.map(({ id }) => id);
}

/** The preview in one line of text. */
async function previewed(...asked: Parameters<typeof preview>): Promise<string | null> {
  const found = await preview(...asked);
  return found && billOf(found);
}

const rowsAt = (customerId: string, timestamp: string, n: unknown, transactionId: string) => ({
  ...{ transactionId, customerId, eventType: 'rows' },
  ...{ timestamp: at(timestamp), properties: { n } },
});

/** A customer who pays 2.00 a row, of which 3 are recorded on 5 October as t-1. */
async function customerOfRows(w: World, terms: object = {}) {
  const rows = await w.metered('rows', 'SUM', 'n');
  const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '2' }]);
  const customerId = await w.customer('Any', ['alias']);
  const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10', ...terms });
  await w.use(customerId, 'rows', '2024-10-05', { n: 3 });
  return { customerId, contractId, rateCardId, ...rows };
}

describe('a preview', () => {
  it('is the draft with the events added, and records nothing', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      const events = [
        rowsAt(customerId, '2024-10-06', 5, 'new-1'),
        rowsAt('alias', '2024-10-07', '0.5', 'new-2'),
      ];
      // 3 + 5 + 0.5.
      const asked = 'USAGE DRAFT 2024-10-01..2024-11-01 17.00: rows 8.5 x 2 = 17.00';
      expect(await previewed(w, contractId, events)).toBe(asked);
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 6.00: rows 3 x 2 = 6.00',
      ]);
      await w.record(events);
      expect(await w.bills(customerId)).toEqual([asked]);
    }));

  it('without events is the draft as it is', () =>
    story('2024-10', async (w) => {
      const { contractId } = await customerOfRows(w);
      const draft = 'USAGE DRAFT 2024-10-01..2024-11-01 6.00: rows 3 x 2 = 6.00';
      expect(await previewed(w, contractId, [])).toBe(draft);
      expect(await previewed(w, contractId, null)).toBe(draft);
    }));

  it('counts no event that would not count', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      const other = await w.customer('Other');
      const events = [
        // Recorded before; twice the same id; of nobody and of somebody else; not a number.
        rowsAt(customerId, '2024-10-05', 100, 't-1'),
        rowsAt(customerId, '2024-10-06', 1, 'new-1'),
        rowsAt(customerId, '2024-10-06', 100, 'new-1'),
        rowsAt('nobody', '2024-10-06', 100, 'new-2'),
        rowsAt(other, '2024-10-06', 100, 'new-3'),
        rowsAt(customerId, '2024-10-06', 'many', 'new-4'),
        { ...rowsAt(customerId, '2024-10-06', 100, 'new-5'), eventType: 'columns' },
        // Of the month before and of the month after.
        rowsAt(customerId, '2024-09-30T23:59:59.999Z', 100, 'new-6'),
        rowsAt(customerId, '2024-11-01', 100, 'new-7'),
        // The id of another's event that comes first is taken.
        rowsAt(customerId, '2024-10-06', 100, 'new-3'),
      ];
      // 3 + 1.
      expect(await previewed(w, contractId, events)).toBe(
        'USAGE DRAFT 2024-10-01..2024-11-01 8.00: rows 4 x 2 = 8.00',
      );
    }));

  it('reads its own writes: what is recorded just before is in it', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      for (let n = 0; n < 10; n += 1) {
        const event = rowsAt(customerId, '2024-10-06', 1, `new-${String(n)}`);
        await w.record([event]);
        // 3, and one more each time; the event itself counts once.
        const total = `${String(2 * (4 + n))}.00`;
        expect((await preview(w, contractId, [event]))?.total.amount).toBe(total);
      }
    }));

  it('is of the period that has begun last, or of the draft that is asked for', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      await w.advance('2024-11-01T12:00:00Z');
      const events = [
        rowsAt(customerId, '2024-10-31', 1, 'new-1'),
        rowsAt(customerId, '2024-11-01', 2, 'new-2'),
      ];
      expect(await previewed(w, contractId, events)).toBe(
        'USAGE DRAFT 2024-11-01..2024-12-01 4.00: rows 2 x 2 = 4.00',
      );
      const { id } = await w.bill(customerId, { periodStart: '2024-10-01T00:00:00.000Z' });
      expect(await previewed(w, contractId, events, id)).toBe(
        'USAGE DRAFT 2024-10-01..2024-11-01 8.00: rows 4 x 2 = 8.00',
      );
      await w.finalize(id);
      expect(await preview(w, contractId, events, id)).toBeNull();
    }));

  it('is of the first period of a contract that is still to begin', () =>
    story('2024-09-15', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      const events = [rowsAt(customerId, '2024-10-06', 1, 'new-1')];
      expect(await previewed(w, contractId, events)).toBe(
        'USAGE DRAFT 2024-10-01..2024-11-01 8.00: rows 4 x 2 = 8.00',
      );
    }));

  it('has what comes late for a closed period, on the invoice that would carry it', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      await w.advance('2024-11-02');
      const events = [
        rowsAt(customerId, '2024-10-31', 4, 'new-1'),
        rowsAt(customerId, '2024-11-01', 1, 'new-2'),
      ];
      const asked =
        'USAGE DRAFT 2024-11-01..2024-12-01 10.00: rows 1 x 2 = 2.00; ' +
        'late rows 4 x 2 = 8.00 (2024-10-01..2024-11-01)';
      expect(await previewed(w, contractId, events)).toBe(asked);
      await w.record(events);
      expect((await w.bills(customerId))[0]).toBe(asked);
    }));

  it('of an ended contract is the invoice that late usage would make, if there were any', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w, { endingBefore: '2024-11' });
      await w.advance('2024-11-20');
      expect(await preview(w, contractId, [])).toBeNull();
      const unrelated = [rowsAt(customerId, '2024-11-05', 4, 'new-0')];
      expect(await preview(w, contractId, unrelated)).toBeNull();
      const events = [rowsAt(customerId, '2024-10-31', 4, 'new-1')];
      const asked =
        'USAGE DRAFT 2024-11-01..2024-12-01 8.00: late rows 4 x 2 = 8.00 (2024-10-01..2024-11-01)';
      expect(await previewed(w, contractId, events)).toBe(asked);
      await w.record(events);
      expect((await w.bills(customerId))[0]).toBe(asked);
    }));

  it('goes through tiers as the draft does', () =>
    story('2024-10', async (w) => {
      const { productId } = await w.metered('rows', 'SUM', 'n');
      const tiers = [{ upTo: '10', unitPrice: '2' }, { unitPrice: '1' }];
      const pricing = { model: 'GRADUATED', tiers };
      const rate = { productId, pricing, entitled: true, startingAt: at('2024-10') };
      const rateCardId = await w.create('createRateCard', { name: 'C', rates: [rate] });
      const customerId = await w.customer('Any');
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(customerId, 'rows', '2024-10-05', { n: 8 });
      // 8 + 5: 10 x 2 and 3 x 1.
      expect(await previewed(w, contractId, [rowsAt(customerId, '2024-10-06', 5, 'new-1')])).toBe(
        'USAGE DRAFT 2024-10-01..2024-11-01 23.00: rows 10 x 2 = 20.00; rows 3 x 1 = 3.00',
      );
    }));

  it('is of no contract that does not exist', () =>
    story('2024-10', async (w) => {
      await customerOfRows(w);
      expect(await preview(w, `con_${'0'.repeat(32)}`, [])).toBeNull();
    }));

  it('is another object than the draft, and than another preview', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      const one = await preview(w, contractId, [rowsAt(customerId, '2024-10-06', 1, 'new-1')]);
      const other = await preview(w, contractId, [rowsAt(customerId, '2024-10-06', 2, 'new-1')]);
      const draft = await w.bill(customerId, {});
      const ids = [one, other].map((each) => each?.id ?? '');
      for (const id of ids) expect(id.split('@preview-')[0]).toBe(draft.id);
      const lineIds = [one, other].flatMap(lineIdsOf);
      expect(new Set([...ids, ...lineIds, draft.id]).size).toBe(5);
      expect(await w.refusalOfInvoice('finalizeInvoice', ids[0] ?? '')).toBe('id_with_suffix id');
      const { invoice } = await w.ask<{ invoice: unknown }>(
        'query ($id: ID!) { invoice(id: $id) { id } }',
        { id: ids[0] },
      );
      expect(invoice).toBeNull();
    }));

  it('may be asked for several times at once, beside the draft', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await customerOfRows(w);
      const draft = await w.bill(customerId, {});
      const answer = await w.ask<Record<string, { total: { amount: string } }>>(
        `query ($id: ID!, $a: [UsageEventInput!], $b: [UsageEventInput!], $draft: ID!) {
          a: previewInvoice(contractId: $id, events: $a) { total { amount } }
          b: previewInvoice(contractId: $id, events: $b) { total { amount } }
          draft: invoice(id: $draft, minPosition: "1") { total { amount } } }`,
        {
          ...{ id: contractId, draft: draft.id },
          a: [rowsAt(customerId, '2024-10-06', 1, 'new-1')],
          b: [rowsAt(customerId, '2024-10-06', 2, 'new-1')],
        },
      );
      const totals = Object.fromEntries(
        Object.entries(answer).map(([name, { total }]) => [name, total.amount]),
      );
      // (3 + 1) x 2, (3 + 2) x 2, 3 x 2.
      expect(totals).toEqual({ a: '8.00', b: '10.00', draft: '6.00' });
    }));
});

describe('a preview of a metric that takes', () => {
  it.each([
    // Recorded: 3 on 5 October. A larger and an equal one; a later one, an earlier one and a tie.
    ['MAX', [['2024-10-06', 7] as const], '7'],
    ['MAX', [['2024-10-06', 2] as const], '3'],
    ['LATEST', [['2024-10-06', 1] as const], '1'],
    ['LATEST', [['2024-10-04', 1] as const], '3'],
    ['LATEST', [['2024-10-05', 8] as const, ['2024-10-05', 9] as const], '9'],
    ['UNIQUE', [['2024-10-06', 3] as const, ['2024-10-06', 4] as const], '2'],
    ['COUNT', [['2024-10-06', 3] as const], '2'],
    ['SUM', [['2024-10-06', '-3.25'] as const], '-0.25'],
  ])('%s, with %j, comes to %s', (aggregation, added, quantity) =>
    story('2024-10', async (w) => {
      const key = aggregation === 'COUNT' ? undefined : 'n';
      const { productId } = await w.metered('rows', aggregation, key);
      const rateCardId = await w.card([{ productId, unitPrice: '1' }]);
      const customerId = await w.customer('Any');
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(customerId, 'rows', '2024-10-05', { n: 3 });
      const events = added.map(([day, n], index) =>
        rowsAt(customerId, day, n, `new-${String(index)}`),
      );
      const asked = await preview(w, contractId, events);
      expect(asked?.lineItems.map((line) => line.quantity)).toEqual([quantity]);
      await w.record(events);
      const draft = await w.bill(customerId, {});
      expect(draft.lineItems.map((line) => line.quantity)).toEqual([quantity]);
    }),
  );
});
