import { describe, it, expect } from 'vitest';
import { lateCustomers, lateMarks, passedOver, tallies } from '../../projections/usage.ts';
import { type Aggregation } from '../../src/catalog/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { quantityOf } from '../../src/usage/metering.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  periodClosed,
  recorded,
  recordedAt,
  usage,
  used,
  useUsageStore,
} from '../support/usage-log.ts';

const store = useUsageStore();
const fold = (...events: Parameters<typeof recorded>[0]) => store.fold(recorded(events));

const october = {
  startingAt: instant('2024-10-01T00:00:00Z'),
  endingBefore: instant('2024-11-01T00:00:00Z'),
};

async function quantity(
  customerId: string,
  aggregation: Aggregation = 'COUNT',
  beforeCut: number | null = null,
): Promise<string> {
  const [tally] = await tallies(store.db, {
    customerId,
    metricId: `met_${aggregation}`,
    aggregation,
    intervals: [october],
    beforeCut,
  });
  return printDecimal(quantityOf(tally ?? null));
}

describe('a transactionId (rule 11)', () => {
  it('counts once, within a batch and after it, under any key', async () => {
    const line = used('t1', '2024-10-05T10:00:00Z');
    await fold(
      metricCreated('COUNT'),
      customerCreated('c1', 'alias'),
      usage('c1', line, line),
      usage('alias', line),
    );
    expect(await quantity('c1')).toBe('1');
  });

  it('that comes again with the same content is a duplicate, whichever of the owner’s keys it names', async () => {
    const line = used('t1', '2024-10-05T10:00:00Z', 1);
    const events = recorded([
      customerCreated('c1', 'alias'),
      usage('c1', line, line),
      usage('alias', line),
    ]);
    for (const batch of [1, 3]) {
      const db = await store.fold(events, [batch]);
      expect(await db.selectFrom('usage_duplicate').selectAll().orderBy('key').execute()).toEqual([
        { key: 'alias', duplicates: 1 },
        { key: 'c1', duplicates: 1 },
      ]);
      expect(await db.selectFrom('usage_conflict').selectAll().execute()).toEqual([]);
    }
  });

  it('that comes again with another owner, type, instant or property is a conflict, without effect', async () => {
    const at = '2024-10-05T10:00:00Z';
    const events = recorded([
      metricCreated('SUM'),
      customerCreated('c1'),
      customerCreated('c2'),
      usage('c1', used('t1', at, 1)),
      usage('c2', used('t1', at, 1)),
      usage('c1', used('t1', at, 1, 'other'), used('t1', '2024-10-05T10:00:00.001Z', 1)),
      usage('c1', used('t1', at, '1'), used('t1', at), used('t1', at, 2), used('t1', at, 1)),
    ]);
    for (const batch of [1, 7]) {
      const db = await store.fold(events, [batch]);
      const conflicts = await db.selectFrom('usage_conflict').selectAll().execute();
      expect(conflicts.map(({ position, line }) => [position, line])).toEqual([
        [50, 0],
        [60, 0],
        [60, 1],
        [70, 0],
        [70, 1],
        [70, 2],
      ]);
      expect(conflicts[0]).toMatchObject({ transaction_id: 't1', key: 'c2', first_position: 40 });
      expect(await quantity('c1', 'SUM')).toBe('1');
      expect(await quantity('c2', 'SUM')).toBe('0');
    }
  });
});

describe('usage under a key (rule 12)', () => {
  it('waits until a customer claims the key, and is then that customer’s', async () => {
    await fold(
      metricCreated('COUNT'),
      metricCreated('UNIQUE'),
      usage('alias', used('t1', '2024-10-05T10:00:00Z', 'a')),
      customerCreated('c1'),
      usage('alias', used('t2', '2024-10-05T11:00:00Z', 'a')),
    );
    expect(await quantity('c1')).toBe('0');
    await fold(
      metricCreated('COUNT'),
      metricCreated('UNIQUE'),
      usage('alias', used('t1', '2024-10-05T10:00:00Z', 'a')),
      customerCreated('c1'),
      usage('alias', used('t2', '2024-10-05T11:00:00Z', 'b')),
      aliasesSet('c1', 'alias'),
      usage('alias', used('t3', '2024-10-05T10:00:00Z', 'b')),
    );
    expect(await quantity('c1')).toBe('3');
    expect(await quantity('c1', 'UNIQUE')).toBe('2');
  });

  it('stays where it is when the alias moves: only later usage follows', async () => {
    await fold(
      metricCreated('COUNT'),
      customerCreated('c1', 'alias'),
      customerCreated('c2'),
      usage('alias', used('t1', '2024-10-05T10:00:00Z')),
      aliasesSet('c1'),
      usage('alias', used('t2', '2024-10-05T10:00:00Z'), used('t3', '2024-10-06T10:00:00Z')),
      aliasesSet('c2', 'alias'),
      usage('alias', used('t4', '2024-10-01T10:00:00Z')),
    );
    expect([await quantity('c1'), await quantity('c2')]).toEqual(['1', '3']);
  });

  it('is the customer’s from its creation on when the key is its id, whatever its aliases', async () => {
    await fold(
      metricCreated('COUNT'),
      usage('c1', used('t1', '2024-10-05T10:00:00Z')),
      customerCreated('c1', 'alias'),
      aliasesSet('c1'),
      usage('c1', used('t2', '2024-10-05T10:00:00Z')),
    );
    expect(await quantity('c1')).toBe('2');
  });

  it('is late for a closed period when the key is claimed after its cut', async () => {
    const db = await fold(
      metricCreated('COUNT'),
      customerCreated('c1'),
      usage('alias', used('t1', '2024-10-05T10:00:00Z')),
      usage('c1', used('t2', '2024-10-05T10:00:00Z')),
      periodClosed('c1', 1, october.endingBefore),
      aliasesSet('c1', 'alias'),
    );
    expect(await quantity('c1', 'COUNT', 1)).toBe('1');
    expect(await quantity('c1')).toBe('2');
    expect((await lateMarks(db, ['c1'])).get('c1')).toEqual([
      { month: october.startingAt, afterCut: 1, recordedAt: recordedAt(60) },
    ]);
  });
});

describe('a metric', () => {
  it('counts how many events it saw and could not use, duplicates aside (rule 10)', async () => {
    const useless = used('t1', '2024-10-05T10:00:00Z', 'many');
    const lines = [useless, useless, used('t2', '2024-10-05T10:00:00Z')];
    const usable = used('t3', '2024-10-05T10:00:00Z', 1);
    const unseen = used('t4', '2024-10-05T10:00:00Z', 'many', 'other');
    for (const events of [
      [metricCreated('SUM'), metricCreated('UNIQUE'), usage('c1', ...lines, usable, unseen)],
      [usage('c1', ...lines, usable, unseen), metricCreated('SUM'), metricCreated('UNIQUE')],
    ]) {
      const db = await fold(...events);
      expect(await passedOver(db, ['met_SUM', 'met_UNIQUE', 'none'])).toEqual(
        new Map([
          ['met_SUM', 2],
          ['met_UNIQUE', 1],
        ]),
      );
    }
  });

  it('that is created late counts what was recorded before, at the cut it was recorded in (rule 13)', async () => {
    const db = await fold(
      customerCreated('c1'),
      usage('c1', used('t1', '2024-10-05T10:00:00Z'), used('t1', '2024-10-05T10:00:00Z')),
      periodClosed('c1', 1, october.endingBefore),
      usage('c1', used('t2', '2024-10-06T10:00:00Z'), used('t1', '2024-10-05T10:00:00Z')),
      usage('alias', used('t3', '2024-10-07T10:00:00Z')),
      metricCreated('COUNT'),
      aliasesSet('c1', 'alias'),
    );
    expect(await quantity('c1', 'COUNT', 1)).toBe('1');
    expect(await quantity('c1')).toBe('3');
    expect((await lateMarks(db, ['c1'])).get('c1')).toEqual([
      { month: october.startingAt, afterCut: 1, recordedAt: recordedAt(70) },
    ]);
  });
});

describe('late usage (rule 21)', () => {
  it('is what comes for a month with a closed USAGE period, and is told by customer', async () => {
    const db = await fold(
      metricCreated('COUNT'),
      customerCreated('c1'),
      customerCreated('c2'),
      periodClosed('c1', 1, instant('2024-12-01T00:00:00Z'), 'SCHEDULED'),
      usage('c1', used('t1', '2024-11-30T10:00:00Z')),
      periodClosed('c1', 2, october.endingBefore),
      usage('c1', used('t2', '2024-10-31T23:59:59.999Z'), used('t3', '2024-11-01T00:00:00Z')),
      periodClosed('c1', 3, instant('2024-09-01T00:00:00Z')),
      usage('c1', used('t4', '2024-08-31T10:00:00Z')),
      usage('c2', used('t5', '2024-08-31T10:00:00Z')),
    );
    expect((await lateMarks(db, ['c1'])).get('c1')).toEqual([
      { month: '2024-08-01T00:00:00.000Z', afterCut: 3, recordedAt: recordedAt(90) },
      { month: october.startingAt, afterCut: 2, recordedAt: recordedAt(70) },
    ]);
    expect((await lateMarks(db, ['c2'])).get('c2')).toBeUndefined();
    expect(await lateCustomers(db, null)).toEqual(['c1']);
  });

  it('is marked with when the last of it was recorded', async () => {
    const db = await fold(
      metricCreated('COUNT'),
      customerCreated('c1'),
      periodClosed('c1', 1, october.endingBefore),
      usage('c1', used('t1', '2024-10-05T10:00:00Z')),
      usage('c1', used('t2', '2024-10-05T10:00:00Z')),
      usage('c1', used('t3', '2024-11-05T10:00:00Z')),
    );
    expect((await lateMarks(db, ['c1'])).get('c1')).toEqual([
      { month: october.startingAt, afterCut: 1, recordedAt: recordedAt(50) },
    ]);
  });

  it('is not what no contract bills: that of a period after the contract’s end', async () => {
    const db = await fold(
      metricCreated('COUNT'),
      customerCreated('c1'),
      { ...periodClosed('c1', 1, october.endingBefore), lateOnly: true },
      usage('c1', used('t1', '2024-10-05T10:00:00Z')),
    );
    expect((await lateMarks(db, ['c1'])).get('c1')).toBeUndefined();
  });
});
