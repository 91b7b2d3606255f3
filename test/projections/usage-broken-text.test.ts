import { describe, expect, it } from 'vitest';
import { tallies } from '../../projections/usage.ts';
import { type Aggregation } from '../../src/catalog/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { quantityOf } from '../../src/usage/metering.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  recorded,
  usage,
  used,
  useUsageStore,
  type UsageChange,
} from '../support/usage-log.ts';

const store = useUsageStore();
const at = '2024-10-05T10:00:00Z';
const [high, low, nul] = ['a\ud800', 'a\udc00', 'a\u0000'];

async function quantity(aggregation: Aggregation = 'COUNT', customerId = 'c1'): Promise<string> {
  const interval = {
    startingAt: instant('2024-10-01T00:00:00Z'),
    endingBefore: instant('2024-11-01T00:00:00Z'),
  };
  const meter = { customerId, metricId: `met_${aggregation}`, aggregation };
  const [tally] = await tallies(store.db, { ...meter, intervals: [interval], beforeCut: null });
  return printDecimal(quantityOf(tally ?? null));
}

/** Halves of surrogate pairs came into logs before they were refused; a store garbles them. */
describe.each([
  ['in one batch', [99]],
  ['one by one', [1]],
])('a log with text that is not well formed, folded %s,', (_how, batchSizes) => {
  const fold = (...events: UsageChange[]) => store.fold(recorded(events), batchSizes);

  it('counts each transactionId once', async () => {
    const ids = [high, low, nul, high, low, nul];
    await fold(
      metricCreated('COUNT'),
      customerCreated('c1'),
      ...ids.map((id) => usage('c1', used(id, at))),
    );
    expect(await quantity()).toBe('3');
    expect((await store.rows())['usage_duplicate']).toEqual([
      JSON.stringify({ key: 'c1', duplicates: 3 }),
    ]);
  });

  it('counts it for a metric that comes later', async () => {
    await fold(
      customerCreated('c1', high),
      usage(high, used(high, at), used(low, at)),
      usage(high, used(high, at)),
      metricCreated('COUNT'),
    );
    expect(await quantity()).toBe('2');
  });

  it('tells what else came under an id', async () => {
    await fold(
      customerCreated('c1'),
      usage('c1', used(high, at, 1)),
      usage('c1', used(high, at, 2)),
    );
    expect((await store.rows())['usage_conflict']).toHaveLength(1);
  });

  it('counts what came for an alias, before and after a customer claimed it', async () => {
    await fold(
      metricCreated('COUNT'),
      usage(high, used('t1', at)),
      usage(low, used('t2', at)),
      customerCreated('c1', high, nul),
      customerCreated('c2', low),
      usage(high, used('t3', at)),
      usage(high, used('t3', at)),
      aliasesSet('c1', nul),
      usage(high, used('t4', at)),
      usage(nul, used('t5', at)),
    );
    expect([await quantity(), await quantity('COUNT', 'c2')]).toEqual(['3', '1']);
  });

  it('takes several such aliases of one customer', async () => {
    await fold(metricCreated('COUNT'), customerCreated('c1', high, low), usage(low, used('t', at)));
    expect(await quantity()).toBe('1');
  });

  it('counts such values apart', async () => {
    const values = [high, low, nul, high];
    await fold(
      metricCreated('UNIQUE'),
      customerCreated('c1', 'alias'),
      ...values.map((value, index) => usage('alias', used(`t${String(index)}`, at, value))),
    );
    expect(await quantity('UNIQUE')).toBe('3');
  });
});
