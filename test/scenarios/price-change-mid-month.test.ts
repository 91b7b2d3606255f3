import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

/** A contract from October on, at 0.10 through 15 October and at 0.20 from the 16th on. */
async function twoPrices(w: World, aggregation: string, key?: string) {
  const calls = await w.metered('calls', aggregation, key);
  const { productId } = calls;
  const rateCardId = await w.card([
    { productId, unitPrice: '0.10' },
    { productId, unitPrice: '0.20', startingAt: '2024-10-16' },
  ]);
  const customerId = await w.customer('Two prices');
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  const use = (timestamp: string, value?: unknown) =>
    w.use(customerId, 'calls', timestamp, key === undefined ? undefined : { [key]: value });
  const october = async () => {
    const bills = await w.bills(customerId, {
      startingAt: '2024-10-01T00:00:00Z',
      endingBefore: '2024-10-01T01:00:00Z',
    });
    return bills.map((bill) => bill.slice(bill.indexOf(' 2024')));
  };
  return { customerId, calls, use, october };
}

const first = '(2024-10-01..2024-10-16)';
const second = '(2024-10-16..2024-11-01)';
const whole = '2024-10-01..2024-11-01';

describe('a price change mid-month', () => {
  it('under COUNT: each event at the price of its own instant', () =>
    story('2024-10', async (w) => {
      const { use, october } = await twoPrices(w, 'COUNT');
      for (const at of ['2024-10-01', '2024-10-07', '2024-10-15T23:59:59.999Z']) await use(at);
      for (const at of ['2024-10-16', '2024-10-31T23:59:59.999Z']) await use(at);
      // 3 x 0.10 + 2 x 0.20 = 0.70
      expect(await october()).toEqual([
        ` ${whole} 0.70: calls 3 x 0.1 = 0.30 ${first}; calls 2 x 0.2 = 0.40 ${second}`,
      ]);
    }));

  it('under SUM: each part at its price, each rounded on its own', () =>
    story('2024-10', async (w) => {
      const { use, october } = await twoPrices(w, 'SUM', 'n');
      await use('2024-10-15T23:59:59.999Z', '1.25');
      await use('2024-10-16', '2.6');
      // 0.125 is 0.13; 0.52.
      expect(await october()).toEqual([
        ` ${whole} 0.65: calls 1.25 x 0.1 = 0.13 ${first}; calls 2.6 x 0.2 = 0.52 ${second}`,
      ]);
    }));

  it('under MAX: the whole maximum at the price of the first event that reached it', () =>
    story('2024-10', async (w) => {
      const { customerId, use, october } = await twoPrices(w, 'MAX', 'n');
      await use('2024-10-20', 9);
      await use('2024-10-10', '9.0');
      await use('2024-10-03', 5);
      // Both reached 9, the one of the 10th first: 9 x 0.10.
      expect(await october()).toEqual([` ${whole} 0.90: calls 9 x 0.1 = 0.90 ${first}`]);
      await w.advance('2024-11-02');
      // Late: 10 on the 25th. The period comes to 10 x 0.20 in its second part and nothing in its
      // first.
      await use('2024-10-25', 10);
      expect((await w.bills(customerId))[0]).toBe(
        `USAGE DRAFT 2024-11-01..2024-12-01 1.10: late calls -9 x 0.1 = -0.90 (${whole}); ` +
          `late calls 10 x 0.2 = 2.00 (${whole})`,
      );
    }));

  it('under UNIQUE: each value at the price of its first event, whenever that arrives', () =>
    story('2024-10', async (w) => {
      const { use, october } = await twoPrices(w, 'UNIQUE', 'n');
      for (const [at, value] of [
        ['2024-10-20', 'b'],
        ['2024-10-20', 'a'],
        ['2024-10-03', 'a'],
        ['2024-10-15', 'c'],
      ] as const) {
        await use(at, value);
      }
      // a and c in the first part, b in the second.
      expect(await october()).toEqual([
        ` ${whole} 0.40: calls 2 x 0.1 = 0.20 ${first}; calls 1 x 0.2 = 0.20 ${second}`,
      ]);
      await use('2024-10-02', 'b');
      expect(await october()).toEqual([` ${whole} 0.30: calls 3 x 0.1 = 0.30 ${first}`]);
    }));

  it('under LATEST: the last value at the price of its instant; of equal instants the later recorded', () =>
    story('2024-10', async (w) => {
      const { use, october } = await twoPrices(w, 'LATEST', 'n');
      await use('2024-10-03', 7);
      expect(await october()).toEqual([` ${whole} 0.70: calls 7 x 0.1 = 0.70 ${first}`]);
      await use('2024-10-20', 4);
      await use('2024-10-19', 100);
      expect(await october()).toEqual([` ${whole} 0.80: calls 4 x 0.2 = 0.80 ${second}`]);
      await use('2024-10-20', 6);
      expect(await october()).toEqual([` ${whole} 1.20: calls 6 x 0.2 = 1.20 ${second}`]);
    }));

  it('gives late usage a line for each part', () =>
    story('2024-10', async (w) => {
      const { customerId, use } = await twoPrices(w, 'COUNT');
      await use('2024-10-03');
      await w.advance('2024-11-02');
      await use('2024-10-04');
      await use('2024-10-20');
      await use('2024-10-21');
      expect((await w.bills(customerId))[0]).toBe(
        `USAGE DRAFT 2024-11-01..2024-12-01 0.50: late calls 1 x 0.1 = 0.10 (${whole}); ` +
          `late calls 2 x 0.2 = 0.40 (${whole})`,
      );
    }));

  it('to the same price is none, and one that is known only later changes open periods', () =>
    story('2024-10', async (w) => {
      const calls = await w.metered('calls');
      const { productId } = calls;
      const rateCardId = await w.card([
        { productId, unitPrice: '0.10' },
        { productId, unitPrice: '0.1', startingAt: '2024-10-16' },
      ]);
      const customerId = await w.customer('Same price');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.useTimes(2, customerId, 'calls', '2024-10-03');
      await w.useTimes(3, customerId, 'calls', '2024-10-20');
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT ${whole} 0.50: calls 5 x 0.1 = 0.50`,
      ]);
      // Starts on the same instant as the second, and was added last.
      await w.addRates(rateCardId, [{ productId, unitPrice: '0.30', startingAt: '2024-10-16' }]);
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT ${whole} 1.10: calls 2 x 0.1 = 0.20 ${first}; calls 3 x 0.3 = 0.90 ${second}`,
      ]);
    }));
});
