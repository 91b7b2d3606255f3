import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

type MoneyRead = { readonly amount: string; readonly currency: string; readonly formatted: string };

/** A customer on a card of that currency, with 3 rows at that price and a charge of that amount. */
async function billedIn(w: World, currency: string, unitPrice: string, amount: string) {
  const rows = await w.metered('rows');
  const fee = await w.fixed('fee');
  const rateCardId = await w.card([{ productId: rows.productId, unitPrice }], currency);
  const customerId = await w.customer(currency);
  const scheduleItems = [{ timestamp: at('2024-10-01'), amount }];
  const scheduledCharges = [{ productId: fee, schedule: { scheduleItems } }];
  await w.contract({ customerId, rateCardId, startingAt: '2024-10', scheduledCharges });
  await w.useTimes(3, customerId, rows.eventType, '2024-10-05');
  await w.invoices(customerId);
  const { invoices } = await w.ask<{
    invoices: {
      nodes: readonly { type: string; currency: string; total: MoneyRead }[];
    };
  }>(
    `query ($id: ID) { invoices(customerId: $id) {
      nodes { type currency total { amount currency formatted } } } }`,
    { id: customerId },
  );
  return invoices.nodes;
}

describe('a contract', () => {
  it.each([
    // 3 x 0.5 yen is 1.5, 3 x 0.333 euros 0.999, 3 x 0.0005 dinars 0.0015: half away from zero.
    ['JPY', '0.5', '1200', ['2', '¥2'], ['1200', '¥1,200']],
    ['EUR', '0.333', '1200.5', ['1.00', '€1.00'], ['1200.50', '€1,200.50']],
    ['KWD', '0.0005', '1.005', ['0.002', 'KWD\u00a00.002'], ['1.005', 'KWD\u00a01.005']],
    // 3 x 0.00005 = 0.00015, of a currency of four digits.
    ['CLF', '0.00005', '0.0001', ['0.0002', 'CLF\u00a00.0002'], ['0.0001', 'CLF\u00a00.0001']],
  ])('is billed in the currency of its card: %s', (currency, unitPrice, amount, usage, charge) =>
    story('2024-10', async (w) => {
      const total = ([amountText, formatted]: readonly string[]) => ({
        total: { amount: amountText, currency, formatted },
      });
      expect(await billedIn(w, currency, unitPrice, amount)).toEqual([
        { type: 'SCHEDULED', currency, ...total(charge) },
        { type: 'USAGE', currency, ...total(usage) },
      ]);
    }),
  );

  it('of each customer has its own, beside others', () =>
    story('2024-10', async (w) => {
      const totals = [];
      for (const [currency, price] of [
        ['USD', '0.335'],
        ['JPY', '0.335'],
        ['KWD', '0.335'],
      ] as const) {
        const [, usage] = await billedIn(w, currency, price, '1');
        totals.push(usage?.total.amount);
      }
      // 3 x 0.335 = 1.005: to the cent, to the yen, to the fils. Three rows each.
      expect(totals).toEqual(['1.01', '1', '1.005']);
    }));

  it('may name its card by any of its aliases', () =>
    story('2024-10', async (w) => {
      const rateCardId = await w.create('createRateCard', {
        ...{ name: 'List', currency: 'EUR', aliases: ['list-2024', 'standard'] },
      });
      for (const rateCardAlias of ['list-2024', 'standard']) {
        const customerId = await w.customer('Any');
        const asked = { customerId, rateCardAlias, startingAt: at('2024-10') };
        const id = await w.create('createContract', asked);
        const { contract } = await w.ask<{ contract: { rateCard: object } }>(
          'query ($id: ID!) { contract(id: $id) { rateCard { id currency aliases } } }',
          { id },
        );
        const aliases = ['list-2024', 'standard'];
        expect(contract.rateCard).toEqual({ id: rateCardId, currency: 'EUR', aliases });
      }
      const customerId = await w.customer('Any');
      const unknown = { customerId, rateCardAlias: 'LIST-2024', startingAt: at('2024-10') };
      expect(await w.refusal('createContract', unknown)).toBe(
        'rate_card_not_found input rateCardAlias',
      );
      const taken = { name: 'Other', aliases: ['free', 'standard'] };
      expect(await w.refusal('createRateCard', taken)).toBe(
        'rate_card_alias_taken input aliases 1',
      );
    }));

  it('is of no currency that is unknown, has no decimal minor unit, or is not written as it is', () =>
    story('2024-10', async (w) => {
      for (const currency of ['usd', 'US', 'XTS', 'BTC', 'MGA', 'MRU', '']) {
        expect(await w.refusal('createRateCard', { name: 'C', currency })).toBe(
          'currency_unknown input currency',
        );
      }
    }));
});
