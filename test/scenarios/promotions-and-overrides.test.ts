import { describe, expect, it } from 'vitest';
import { at, story, type ContractAsked, type World } from '../support/scenario.ts';

const october = '2024-10-01..2024-11-01';

/** One event on each day of October. */
async function daily(w: World, customerId: string, eventType: string): Promise<void> {
  const days = Array.from({ length: 31 }, (_, day) => String(day + 1).padStart(2, '0'));
  await w.record(days.map((day) => w.event(customerId, eventType, `2024-10-${day}T12:00:00Z`)));
}

describe('a promotion rate that ends', () => {
  it('gives way to the rate beneath it', () =>
    story('2024-10', async (w) => {
      const { productId } = await w.metered('calls');
      const rateCardId = await w.card([
        { productId, unitPrice: '0.10' },
        { productId, unitPrice: '0.05', startingAt: '2024-10-10', endingBefore: '2024-10-20' },
      ]);
      const customerId = await w.customer('Promotion');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await daily(w, customerId, 'calls');
      // 9 days at 0.10, 10 at 0.05, 12 at 0.10: 0.90 + 0.50 + 1.20.
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT ${october} 2.60: calls 9 x 0.1 = 0.90 (2024-10-01..2024-10-10); ` +
          'calls 10 x 0.05 = 0.50 (2024-10-10..2024-10-20); ' +
          'calls 12 x 0.1 = 1.20 (2024-10-20..2024-11-01)',
      ]);
      // A rate that starts later than the promotion goes before it, although the promotion still
      // runs.
      await w.addRates(rateCardId, [{ productId, unitPrice: '0.12', startingAt: '2024-10-15' }]);
      // 9 x 0.10 + 5 x 0.05 + 17 x 0.12 = 0.90 + 0.25 + 2.04
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT ${october} 3.19: calls 9 x 0.1 = 0.90 (2024-10-01..2024-10-10); ` +
          'calls 5 x 0.05 = 0.25 (2024-10-10..2024-10-15); ' +
          'calls 17 x 0.12 = 2.04 (2024-10-15..2024-11-01)',
      ]);
    }));

  it('leaves usage without a line where nothing is beneath it', () =>
    story('2024-10', async (w) => {
      const calls = await w.metered('calls');
      const { productId } = calls;
      const rateCardId = await w.card([
        { productId, unitPrice: '1', startingAt: '2024-10-10', endingBefore: '2024-10-20' },
      ]);
      const customerId = await w.customer('Only a promotion');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await daily(w, customerId, 'calls');
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT ${october} 10.00: calls 10 x 1 = 10.00 (2024-10-10..2024-10-20)`,
      ]);
      expect(await w.usage(customerId, calls)).toEqual(['31']);
    }));
});

/**
 * October of a contract with overrides: `calls` at 0.20, tagged premium, and `mails` at 1.00, not
 * entitled.
 */
async function overridden(
  w: World,
  overrides: readonly { readonly [field: string]: unknown; readonly startingAt: string }[],
) {
  const calls = await w.metered('calls', 'COUNT', undefined, ['premium']);
  const mails = await w.metered('mails');
  const rateCardId = await w.card([
    { productId: calls.productId, unitPrice: '0.20' },
    { productId: mails.productId, unitPrice: '1', entitled: false },
  ]);
  const customerId = await w.customer('Overridden');
  const asked: ContractAsked = { customerId, rateCardId, startingAt: '2024-10' };
  await w.contract({
    ...asked,
    overrides: overrides.map(({ startingAt, endingBefore, ...override }) => ({
      ...override,
      startingAt: at(startingAt),
      ...(typeof endingBefore === 'string' ? { endingBefore: at(endingBefore) } : {}),
    })),
  });
  await daily(w, customerId, 'calls');
  await w.useTimes(5, customerId, 'mails', '2024-10-25');
  const [bill = ''] = await w.bills(customerId);
  return { customerId, calls, bill: bill.slice(`USAGE DRAFT ${october} `.length) };
}

const premium = { applicableProductTags: ['other', 'premium'], startingAt: '2024-10' };
const flat = (unitPrice: string) => ({ overwrite: { model: 'FLAT', unitPrice } });

describe('overrides', () => {
  it('never stack: an overwrite goes before a multiplier, and the multiplier before and behind it', () =>
    story('2024-10', async (w) => {
      const { bill } = await overridden(w, [
        { ...premium, multiplier: '0.5', priority: 1 },
        { ...premium, ...flat('0.30'), startingAt: '2024-10-11', endingBefore: '2024-10-21' },
      ]);
      // 10 days at 0.20 x 0.5 = 0.10, 10 at 0.30, 11 at 0.10.
      expect(bill).toBe(
        '5.10: calls 10 x 0.1 = 1.00 (2024-10-01..2024-10-11); ' +
          'calls 10 x 0.3 = 3.00 (2024-10-11..2024-10-21); ' +
          'calls 11 x 0.1 = 1.10 (2024-10-21..2024-11-01)',
      );
    }));

  it.each([
    // 31 calls at 0.20 times the multiplier that wins.
    [
      'the lowest priority wins',
      [
        { multiplier: '2', priority: 1 },
        { multiplier: '3', priority: 2 },
      ],
      '12.40',
    ],
    [
      'none comes after every number',
      [{ multiplier: '2', priority: 9 }, { multiplier: '3' }],
      '12.40',
    ],
    ['of equals the last listed wins', [{ multiplier: '2' }, { multiplier: '3' }], '18.60'],
    ['a multiplier of zero makes it free', [{ multiplier: '0' }], '0.00'],
  ])('of one kind: %s', (_case, multipliers, total) =>
    story('2024-10', async (w) => {
      const { bill } = await overridden(
        w,
        multipliers.map((override) => ({ ...premium, ...override })),
      );
      expect(bill.split(':')[0]).toBe(total);
    }),
  );

  it('take an entitlement away for a while: metered, and no line', () =>
    story('2024-10', async (w) => {
      const { customerId, calls, bill } = await overridden(w, [
        { ...premium, entitled: false, startingAt: '2024-10-11', endingBefore: '2024-10-21' },
      ]);
      expect(bill).toBe(
        '4.20: calls 10 x 0.2 = 2.00 (2024-10-01..2024-10-11); ' +
          'calls 11 x 0.2 = 2.20 (2024-10-21..2024-11-01)',
      );
      expect(await w.usage(customerId, calls)).toEqual(['31']);
    }));

  it('give an entitlement that the card does not; without products or tags they are for all', () =>
    story('2024-10', async (w) => {
      const { bill } = await overridden(w, [
        { startingAt: '2024-10-01', entitled: false },
        { startingAt: '2024-10-16', entitled: true, ...flat('0.01') },
      ]);
      // From the 16th: 16 calls and 5 mails, each at 0.01; before it nothing. The last listed
      // entitlement wins.
      expect(bill).toBe(
        '0.21: calls 16 x 0.01 = 0.16 (2024-10-16..2024-11-01); ' +
          'mails 5 x 0.01 = 0.05 (2024-10-16..2024-11-01)',
      );
    }));

  it('of a tag that nothing has change nothing', () =>
    story('2024-10', async (w) => {
      const { bill } = await overridden(w, [
        { startingAt: '2024-10', applicableProductTags: ['nobody'], multiplier: '9' },
      ]);
      expect(bill).toBe('6.20: calls 31 x 0.2 = 6.20');
    }));
});
