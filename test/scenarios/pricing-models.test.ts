import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

const graduated = {
  model: 'GRADUATED',
  tiers: [{ upTo: '10', unitPrice: '1', flatFee: '5' }, { unitPrice: '0.5' }],
};
const packages = { model: 'PACKAGE', packageSize: '100', packagePrice: '7' };

/** A customer with a contract from October on, who pays such prices for "rows". */
async function open(w: World, pricings: readonly object[], contract: object = {}) {
  const rows = await w.metered('rows', 'SUM', 'n');
  const rateCardId = await w.create('createRateCard', {
    name: 'Models',
    rates: pricings.map((pricing) => ({
      ...{ productId: rows.productId, entitled: true, startingAt: at('2024-01') },
      ...(Object.hasOwn(pricing, 'pricing') ? pricing : { pricing }),
    })),
  });
  const customerId = await w.customer('Models');
  const asked = { customerId, rateCardId, startingAt: '2024-10', ...contract };
  const contractId = await w.contract(asked);
  const use = (day: string, n: string) => w.use(customerId, 'rows', `${day}T10:00:00Z`, { n });
  return { rows, rateCardId, customerId, contractId, use };
}

describe('a GRADUATED price', () => {
  it('gives a line for each tier, late usage the difference of all, and a void bills anew', () =>
    story('2024-10', async (w) => {
      const { customerId, use } = await open(w, [graduated]);
      await use('2024-10-05', '12');
      // 10 x 1 + 5, and 2 x 0.5.
      const october = '16.00: rows 10 x 1 = 15.00; rows 2 x 0.5 = 1.00';
      expect(await w.bills(customerId)).toEqual([`USAGE DRAFT 2024-10-01..2024-11-01 ${october}`]);
      await w.advance('2024-11-02');
      await use('2024-10-20', '3');
      await use('2024-11-05', '4');
      // October comes to 15 + 5 x 0.5 = 17.50 now, 1.50 more; November to 4 x 1 + 5.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 10.50: rows 4 x 1 = 9.00; late rows 3 x ? = 1.50 (2024-10-01..2024-11-01)',
        `USAGE FINALIZED 2024-10-01..2024-11-01 ${october}`,
      ]);
      await w.advance('2024-12-02');
      const [, final] = await w.invoices(customerId, { statuses: ['FINALIZED'] });
      await w.voided(final?.id ?? '');
      // The whole of October again, less the 1.50 that November has charged for it.
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.00:',
        'USAGE DRAFT 2024-10-01..2024-11-01 16.00: rows 10 x 1 = 15.00; rows 5 x 0.5 = 2.50; late rows -3 x ? = -1.50',
      ]);
    }));

  it('has rated usage that adds up, day by day', () =>
    story('2024-10', async (w) => {
      const { contractId, use } = await open(w, [graduated]);
      for (const day of ['01', '02', '03']) await use(`2024-10-${day}`, '4.5');
      const { ratedUsage } = await w.ask<{
        ratedUsage: { nodes: readonly { quantity: string; amount: { amount: string } }[] };
      }>(
        `query ($id: ID!) { ratedUsage(contractId: $id, startingAt: "2024-10-01T00:00:00Z",
          endingBefore: "2024-11-01T00:00:00Z") { nodes { quantity amount { amount } } } }`,
        { id: contractId },
      );
      // 4.5 + 5; 9 + 5 less that; 10 + 5 + 3.5 x 0.5 = 16.75 less 14.
      expect(ratedUsage.nodes.map(({ quantity, amount }) => [quantity, amount.amount])).toEqual([
        ['4.5', '9.50'],
        ['4.5', '4.50'],
        ['4.5', '2.75'],
      ]);
    }));
});

describe('prices of every model', () => {
  it('follow one another on the card, and tiers start anew', () =>
    story('2024-10', async (w) => {
      const from = (day: string, pricing: object) => ({
        ...{ pricing, startingAt: at(`2024-10-${day}`) },
      });
      const { customerId, use } = await open(w, [
        graduated,
        from('10', {
          model: 'VOLUME',
          tiers: [{ upTo: '10', unitPrice: '2' }, { unitPrice: '1' }],
        }),
        from('20', { ...packages, freeUnits: '50' }),
      ]);
      await use('2024-10-05', '12');
      await use('2024-10-12', '11');
      await use('2024-10-25', '151');
      // 16 as above; 11 x 1; 151 - 50 = 101 are two packages of 7.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 41.00: ' +
          'rows 10 x 1 = 15.00 (2024-10-01..2024-10-10); rows 2 x 0.5 = 1.00 (2024-10-01..2024-10-10); ' +
          'rows 11 x 1 = 11.00 (2024-10-10..2024-10-20); rows 101 x ? = 14.00 (2024-10-20..2024-11-01)',
      ]);
    }));

  it('are changed by overrides, which the rate schedule names', () =>
    story('2024-10', async (w) => {
      const overrides = [
        { startingAt: at('2024-10-10'), multiplier: '0.5' },
        { startingAt: at('2024-10-20'), overwrite: { model: 'PERCENTAGE', rate: '0.029' } },
      ];
      const { customerId, contractId, use } = await open(w, [packages], { overrides });
      await use('2024-10-05', '150');
      await use('2024-10-12', '150');
      await use('2024-10-25', '100');
      // 2 x 7; 2 x 3.5; 100 x 0.029.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 23.90: rows 150 x ? = 14.00 (2024-10-01..2024-10-10); ' +
          'rows 150 x ? = 7.00 (2024-10-10..2024-10-20); rows 100 x 0.029 = 2.90 (2024-10-20..2024-11-01)',
      ]);
      const { contract } = await w.ask<{ contract: Record<string, readonly object[]> }>(
        `query ($id: ID!) { contract(id: $id) {
          first: rateSchedule(at: "2024-10-05T00:00:00Z") { ...rate }
          second: rateSchedule(at: "2024-10-15T00:00:00Z") { ...rate }
          third: rateSchedule(at: "2024-10-25T00:00:00Z") { ...rate } } }
        fragment rate on Entitlement {
          source entitled pricingGroupValues pricing { model packageSize packagePrice rate } }`,
        { id: contractId },
      );
      const expected = { entitled: true, pricingGroupValues: null };
      const sized = { model: 'PACKAGE', packageSize: '100', rate: null };
      const share = { model: 'PERCENTAGE', packageSize: null, packagePrice: null, rate: '0.029' };
      expect(contract).toEqual({
        first: [{ ...expected, source: 'RATE_CARD', pricing: { ...sized, packagePrice: '7' } }],
        second: [{ ...expected, source: 'OVERRIDE', pricing: { ...sized, packagePrice: '3.5' } }],
        third: [{ ...expected, source: 'OVERRIDE', pricing: share }],
      });
    }));

  it('bill nothing for a quantity below zero, but FLAT and PERCENTAGE do', () =>
    story('2024-10', async (w) => {
      const from = (day: string, pricing: object) => ({
        ...{ pricing, startingAt: at(`2024-10-${day}`) },
      });
      const { customerId, use } = await open(w, [
        graduated,
        from('05', packages),
        from('10', { model: 'PERCENTAGE', rate: '0.5', freeUnits: '1' }),
        from('15', { model: 'FLAT', unitPrice: '2' }),
      ]);
      for (const day of ['02', '06', '11', '16']) await use(`2024-10-${day}`, '-3');
      // -3 x 0.5 and -3 x 2.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 -7.50: rows -3 x 0.5 = -1.50 (2024-10-10..2024-10-15); ' +
          'rows -3 x 2 = -6.00 (2024-10-15..2024-11-01)',
      ]);
    }));
});

describe('usage at a time without a rate', () => {
  it('is not billed, and is told on the contract, once its period is closed too', () =>
    story('2024-10', async (w) => {
      const { contractId, customerId, use } = await open(w, [
        { pricing: { model: 'FLAT', unitPrice: '2' }, startingAt: at('2024-10-10') },
      ]);
      await use('2024-10-05', '3');
      await use('2024-10-12', '4');
      const unrated = async () =>
        (
          await w.ask<{ contract: { unratedUsage: readonly object[] } }>(
            `query ($id: ID!) { contract(id: $id) { unratedUsage {
              product { name } groupValues quantity startingAt endingBefore } } }`,
            { id: contractId },
          )
        ).contract.unratedUsage;
      const expected = {
        ...{ product: { name: 'rows' }, groupValues: null, quantity: '3' },
        ...{ startingAt: '2024-10-01T00:00:00.000Z', endingBefore: '2024-10-10T00:00:00.000Z' },
      };
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 8.00: rows 4 x 2 = 8.00 (2024-10-10..2024-11-01)',
      ]);
      expect(await unrated()).toEqual([expected]);
      await w.advance('2024-11-02');
      await use('2024-10-06', '1');
      await w.bills(customerId);
      expect(await unrated()).toEqual([{ ...expected, quantity: '4' }]);
    }));
});
