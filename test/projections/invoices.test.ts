import { describe, expect, it } from 'vitest';
import {
  countInvoices,
  listInvoices,
  type FinalInvoiceFilter,
  type InvoicePlace,
} from '../../projections/invoice-pages.ts';
import {
  closingsOf,
  invoicesByIds,
  invoicesWithLateLines,
  publishedIds,
  unfinishedVoids,
  unpublishedClosings,
} from '../../projections/invoices.ts';
import { type InvoiceFinalized } from '../../src/invoices/events.ts';
import {
  contractCreated,
  invoiceFinalized,
  invoiceVoided,
  month,
  periodClosed,
  periodReopened,
  type Period,
} from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded } from '../support/recorded.ts';

const { folded } = useStores(openMain);

const period = (index: number, customer = 1): Period => ({
  customerId: `cus_${String(customer)}`,
  contractId: `con_${String(customer)}`,
  index,
  cut: index + 1,
  invoiceId: `inv_${String(customer)}_${String(index)}`,
});

/**
 * The first two months of customer 1 and the first of customer 2, the second month published first.
 */
const published = [
  contractCreated('cus_1', 'con_1'),
  periodClosed(period(0)),
  periodClosed(period(1)),
  contractCreated('cus_2', 'con_2'),
  periodClosed(period(0, 2)),
  invoiceFinalized(period(1), 2),
  invoiceFinalized(period(0), 1),
];

const withLateLine = (event: InvoiceFinalized): InvoiceFinalized => ({
  ...event,
  lines: [
    {
      lineId: 'line_1',
      type: 'LATE_USAGE',
      productId: 'prd_1',
      name: 'Emails',
      startingAt: month(0),
      endingBefore: month(1),
      period: { startingAt: month(0), endingBefore: month(1) },
      segmentStart: month(0),
      quantity: '7',
      unitPrice: '0.1',
      amount: '0.7',
      tier: null,
      groupValues: null,
    },
  ],
});

describe('a published invoice', () => {
  it('has its content, its rank, and the position of its cut', async () => {
    const { reader } = await folded(recorded(...published));
    const found = await invoicesByIds(reader, ['inv_1_0', 'inv_1_1', 'inv_2_0']);
    expect([...found.keys()].sort()).toEqual(['inv_1_0', 'inv_1_1']);
    const {
      type: _type,
      issuedAt,
      closedBy: _closedBy,
      proof: _proof,
      ...content
    } = invoiceFinalized(period(0), 1);
    expect(found.get('inv_1_0')).toEqual({
      content,
      number: 2,
      issuedAt,
      status: 'FINALIZED',
      voidReason: null,
      voidedAt: null,
      position: 2n,
    });
    expect(found.get('inv_1_1')).toMatchObject({ number: 1, position: 3n });
  });

  it('is void with a reason, and stays readable', async () => {
    const { reader } = await folded(recorded(...published, invoiceVoided(period(0))));
    expect((await invoicesByIds(reader, ['inv_1_0'])).get('inv_1_0')).toMatchObject({
      status: 'VOID',
      voidReason: 'wrong price',
      voidedAt: month(2),
      number: 2,
    });
  });

  it('cannot come before its period was closed', async () => {
    const events = recorded(contractCreated('cus_1', 'con_1'), invoiceFinalized(period(0), 1));
    await expect(folded(events)).rejects.toThrow('after its period was closed');
  });

  it('is told from closed periods, and from those without late lines', async () => {
    const late = withLateLine(invoiceFinalized(period(0, 2), 1));
    const { reader } = await folded(recorded(...published, late));
    const ids = ['inv_1_0', 'inv_2_0', 'inv_3_0'];
    expect(await publishedIds(reader, ids)).toEqual(new Set(['inv_1_0', 'inv_2_0']));
    expect(await invoicesWithLateLines(reader, ids)).toEqual(new Set(['inv_2_0']));
  });
});

describe('what is half done', () => {
  it('is a closed period without its invoice, in log order', async () => {
    const none = await folded(recorded(...published.slice(0, 5)));
    expect((await unpublishedClosings(none.reader)).map((one) => one.invoiceId)).toEqual([
      'inv_1_0',
      'inv_1_1',
      'inv_2_0',
    ]);
    const { reader } = await folded(recorded(...published));
    const left = {
      stream: 'contracts-cus_2',
      revision: 1,
      position: 5n,
      customerId: 'cus_2',
      contractId: 'con_2',
      invoiceId: 'inv_2_0',
    };
    expect(await unpublishedClosings(reader)).toEqual([left]);
    const closings = await closingsOf(reader, ['inv_1_0', 'inv_2_0', 'inv_3_0']);
    expect([...closings.keys()].sort()).toEqual(['inv_1_0', 'inv_2_0']);
    expect(closings.get('inv_2_0')).toEqual(left);
  });

  it('is a void invoice whose period is not open again', async () => {
    const voided = recorded(...published, invoiceVoided(period(0)), periodReopened(period(0)));
    const store = await folded(voided.slice(0, -1));
    expect(await unfinishedVoids(store.reader)).toEqual([
      { customerId: 'cus_1', contractId: 'con_1', invoiceId: 'inv_1_0' },
    ]);
    await store.fold(voided.slice(-1), 9n);
    expect(await unfinishedVoids(store.reader)).toEqual([]);
  });
});

describe('the list of published invoices', () => {
  const scheduled: InvoiceFinalized = {
    ...invoiceFinalized(period(0, 2), 1),
    invoiceType: 'SCHEDULED',
  };
  const events = recorded(...published, scheduled, invoiceVoided(period(1)));
  const all: FinalInvoiceFilter = {
    customerId: null,
    contractId: null,
    statuses: null,
    types: null,
    startingAt: null,
    endingBefore: null,
  };
  const listed = async (filter: Partial<FinalInvoiceFilter>) => {
    const { reader } = await folded(events);
    const wanted = { ...all, ...filter };
    const [heads = []] = await listInvoices(reader, [{ filter: wanted, after: null, limit: 10 }]);
    expect(await countInvoices(reader, [wanted])).toEqual([heads.length]);
    return heads.map((head) => head.invoiceId);
  };

  it('is newest period first, then scheduled before usage, then by id', async () => {
    expect(await listed({})).toEqual(['inv_1_1', 'inv_2_0', 'inv_1_0']);
  });

  it('shows heads', async () => {
    const { reader } = await folded(events);
    const [heads] = await listInvoices(reader, [{ filter: all, after: null, limit: 1 }]);
    expect(heads?.[0]).toEqual({
      invoiceId: 'inv_1_1',
      customerId: 'cus_1',
      contractId: 'con_1',
      invoiceType: 'USAGE',
      status: 'VOID',
      periodStart: month(1),
      periodEnd: month(2),
      currency: 'USD',
    });
  });

  it('keeps those that every given condition holds for', async () => {
    expect(await listed({ customerId: 'cus_1' })).toEqual(['inv_1_1', 'inv_1_0']);
    expect(await listed({ contractId: 'con_2' })).toEqual(['inv_2_0']);
    expect(await listed({ statuses: ['VOID'] })).toEqual(['inv_1_1']);
    expect(await listed({ statuses: [] })).toEqual([]);
    expect(await listed({ types: ['SCHEDULED'] })).toEqual(['inv_2_0']);
    expect(await listed({ types: [] })).toEqual([]);
    expect(await listed({ startingAt: month(1) })).toEqual(['inv_1_1']);
    expect(await listed({ endingBefore: month(1) })).toEqual(['inv_2_0', 'inv_1_0']);
    expect(await listed({ customerId: 'cus_2', statuses: ['VOID'] })).toEqual([]);
  });

  it('goes on after a place in it, within its conditions', async () => {
    const { reader } = await folded(events);
    const after = async (place: InvoicePlace, filter: Partial<FinalInvoiceFilter> = {}) =>
      (
        await listInvoices(reader, [{ filter: { ...all, ...filter }, after: place, limit: 10 }])
      ).flatMap((heads) => heads.map((head) => head.invoiceId));
    expect(await after([month(1), 'USAGE', 'inv_1_1'])).toEqual(['inv_2_0', 'inv_1_0']);
    expect(await after([month(0), 'SCHEDULED', 'inv_2_0'])).toEqual(['inv_1_0']);
    expect(await after([month(0), 'USAGE', 'inv_1_0'])).toEqual([]);
    expect(await after([month(1), 'USAGE', 'inv_1_1'], { customerId: 'cus_2' })).toEqual([
      'inv_2_0',
    ]);
    expect(await after([month(0), 'SCHEDULED', 'inv_2_0'], { customerId: 'cus_2' })).toEqual([]);
  });
});
