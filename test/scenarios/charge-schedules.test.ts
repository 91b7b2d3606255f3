import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

/** A customer with one charge, on a card of that currency. */
async function charged(
  w: World,
  schedule: object,
  {
    currency = 'USD',
    startingAt = '2024-10',
    ...terms
  }: { currency?: string; startingAt?: string; endingBefore?: string } = {},
) {
  const productId = await w.fixed('fee');
  const rateCardId = await w.card([], currency);
  const customerId = await w.customer('Any');
  const scheduledCharges = [{ productId, schedule }];
  const asked = { customerId, rateCardId, startingAt, ...terms, scheduledCharges };
  return { customerId, contractId: await w.contract(asked) };
}

const recurring = (frequency: string, from: string, to: string, price: object) => ({
  recurringSchedule: { startingAt: at(from), endingBefore: at(to), frequency, ...price },
});

/** What the charges of the contract come to: date and amount. */
async function occurrences(w: World, contractId: string): Promise<readonly string[]> {
  const { contract } = await w.ask<{
    contract: {
      scheduledCharges: readonly {
        occurrences: readonly { timestamp: string; amount: { amount: string } }[];
      }[];
    };
  }>(
    `query ($id: ID!) { contract(id: $id) {
      scheduledCharges { occurrences { timestamp amount { amount } } } } }`,
    { id: contractId },
  );
  return contract.scheduledCharges.flatMap((charge) =>
    charge.occurrences.map(({ timestamp, amount }) => `${timestamp.slice(0, 10)} ${amount.amount}`),
  );
}

const scheduled = { types: ['SCHEDULED'] };

describe('a recurring charge', () => {
  it.each([
    ['WEEKLY', '2024-10-31', ['2024-10-31 9.99', '2024-11-07 9.99', '2024-11-14 9.99']],
    ['MONTHLY', '2024-10-31', ['2024-10-31 9.99', '2024-11-30 9.99', '2024-12-31 9.99']],
    ['QUARTERLY', '2024-11-30', ['2024-11-30 9.99', '2025-02-28 9.99', '2025-05-30 9.99']],
    ['SEMI_ANNUAL', '2024-12-31', ['2024-12-31 9.99', '2025-06-30 9.99', '2025-12-31 9.99']],
    ['ANNUAL', '2024-02-29', ['2024-02-29 9.99', '2025-02-28 9.99', '2026-02-28 9.99']],
  ])('%s is charged on each of its days, EACH the whole amount', (frequency, from, expected) =>
    story(from, async (w) => {
      const last = expected[2]?.slice(0, 10) ?? '';
      const schedule = recurring(frequency, from, `${last}T01:00:00Z`, { amount: '9.99' });
      const { customerId, contractId } = await charged(w, schedule, { startingAt: from });
      expect(await occurrences(w, contractId)).toEqual(expected);
      await w.advance(last);
      expect(await w.bills(customerId, scheduled)).toEqual(
        expected
          .toReversed()
          .map((one) => `SCHEDULED FINALIZED ${one.slice(0, 10)} 9.99: fee 1 x 9.99 = 9.99`),
      );
    }),
  );

  it('DIVIDED is spread to the minor unit, the odd cents first', () =>
    story('2024-10', async (w) => {
      // 100.00 = 3 x 33.33 + 0.01.
      const price = { amount: '100', amountDistribution: 'DIVIDED' };
      const { customerId } = await charged(w, recurring('MONTHLY', '2024-10', '2025-01', price));
      await w.advance('2024-12-01');
      expect(await w.bills(customerId, scheduled)).toEqual([
        'SCHEDULED FINALIZED 2024-12-01 33.33: fee 1 x 33.33 = 33.33',
        'SCHEDULED FINALIZED 2024-11-01 33.33: fee 1 x 33.33 = 33.33',
        'SCHEDULED FINALIZED 2024-10-01 33.34: fee 1 x 33.34 = 33.34',
      ]);
    }));

  it.each([
    // 100 / 7: fourteen, and two over; 14.28, and four cents over; 14.285, and five fils over.
    ['JPY', ['15', '15', '14', '14', '14', '14', '14'], ['14', '14', '14', '14', '14', '14', '16']],
    [
      'EUR',
      ['14.29', '14.29', '14.29', '14.29', '14.28', '14.28', '14.28'],
      ['14.00', '14.00', '14.00', '14.00', '14.00', '14.00', '16.00'],
    ],
    [
      'KWD',
      ['14.286', '14.286', '14.286', '14.286', '14.286', '14.285', '14.285'],
      ['14.000', '14.000', '14.000', '14.000', '14.000', '14.000', '16.000'],
    ],
  ])('in %s is divided by its own minor unit, or into whole ones', (currency, exact, rounded) =>
    story('2024-10', async (w) => {
      const divided = async (amountDistribution: string) => {
        // 25 x 4 = 100.
        const price = { unitPrice: '25', quantity: '4', amountDistribution };
        const schedule = recurring('WEEKLY', '2024-10-01', '2024-11-19', price);
        const { contractId } = await charged(w, schedule, { currency });
        return (await occurrences(w, contractId)).map((one) => one.slice(11));
      };
      expect(await divided('DIVIDED')).toEqual(exact);
      expect(await divided('DIVIDED_ROUNDED')).toEqual(rounded);
    }),
  );

  it('DIVIDED_ROUNDED leaves the rest to the last', () =>
    story('2024-10', async (w) => {
      // 1000.50 over four quarters: 250 three times, then 250.50.
      const price = { amount: '1000.50', amountDistribution: 'DIVIDED_ROUNDED' };
      const schedule = recurring('QUARTERLY', '2024-10', '2025-10', price);
      const { contractId } = await charged(w, schedule);
      expect(await occurrences(w, contractId)).toEqual([
        '2024-10-01 250.00',
        '2025-01-01 250.00',
        '2025-04-01 250.00',
        '2025-07-01 250.50',
      ]);
    }));

  it('is dropped from the end of the contract on, and comes back with the amounts first computed', () =>
    story('2024-10', async (w) => {
      // 0.05 over three: 0.02, 0.02, 0.01.
      const price = { amount: '0.05', amountDistribution: 'DIVIDED' };
      const schedule = recurring('MONTHLY', '2024-10', '2025-01', price);
      const { customerId, contractId } = await charged(w, schedule);
      await w.end(customerId, contractId, '2024-11');
      expect(await occurrences(w, contractId)).toEqual(['2024-10-01 0.02']);
      await w.advance('2024-11-20');
      const october = 'SCHEDULED FINALIZED 2024-10-01 0.02: fee 1 x 0.02 = 0.02';
      expect(await w.bills(customerId, scheduled)).toEqual([october]);
      await w.end(customerId, contractId, null);
      expect(await occurrences(w, contractId)).toEqual([
        '2024-10-01 0.02',
        '2024-11-01 0.02',
        '2024-12-01 0.01',
      ]);
      await w.advance('2024-12-01');
      expect(await w.bills(customerId, scheduled)).toEqual([
        'SCHEDULED FINALIZED 2024-12-01 0.01: fee 1 x 0.01 = 0.01',
        'SCHEDULED FINALIZED 2024-11-01 0.02: fee 1 x 0.02 = 0.02',
        october,
      ]);
    }));
});

describe('a charge item by item', () => {
  it('falls due at its instants, each with its own price', () =>
    story('2024-10', async (w) => {
      const scheduleItems = [
        { timestamp: at('2024-12-24T18:00:00Z'), unitPrice: '2.5', quantity: '3' },
        { timestamp: at('2024-10-15'), amount: '40' },
      ];
      const { customerId, contractId } = await charged(w, { scheduleItems });
      expect(await occurrences(w, contractId)).toEqual(['2024-10-15 40.00', '2024-12-24 7.50']);
      await w.advance('2024-12-24T18:00:00Z');
      expect(await w.bills(customerId, scheduled)).toEqual([
        // 3 x 2.50 = 7.50.
        'SCHEDULED FINALIZED 2024-12-24T18:00Z 7.50: fee 3 x 2.5 = 7.50',
        'SCHEDULED FINALIZED 2024-10-15 40.00: fee 1 x 40 = 40.00',
      ]);
    }));

  it('may fall twice on one instant: two lines of one invoice', () =>
    story('2024-10', async (w) => {
      const timestamp = at('2024-10-15');
      const scheduleItems = [
        { timestamp, amount: '40' },
        { timestamp, amount: '2' },
      ];
      const { customerId } = await charged(w, { scheduleItems });
      await w.advance('2024-10-15');
      // 40 + 2.
      expect(await w.bills(customerId, scheduled)).toEqual([
        'SCHEDULED FINALIZED 2024-10-15 42.00: fee 1 x 40 = 40.00; fee 1 x 2 = 2.00',
      ]);
      const { invoices } = await w.ask<{
        invoices: { nodes: { lineItems: { id: string }[] }[] };
      }>('query ($id: ID) { invoices(customerId: $id) { nodes { lineItems { id } } } }', {
        id: customerId,
      });
      const ids = invoices.nodes.flatMap(({ lineItems }) => lineItems.map(({ id }) => id));
      expect(new Set(ids).size).toBe(2);
    }));

  it('of a contract that is recorded later is due at once', () =>
    story('2024-12', async (w) => {
      const scheduleItems = [
        { timestamp: at('2024-10-15'), amount: '40' },
        { timestamp: at('2024-11-15'), amount: '50' },
      ];
      const { customerId } = await charged(w, { scheduleItems });
      await w.advance('2024-12-01');
      const issued = await w.invoices(customerId, scheduled);
      expect(issued.map(({ periodStart, issuedAt }) => [periodStart, issuedAt])).toEqual([
        ['2024-11-15T00:00:00.000Z', '2024-12-01T00:00:00.000Z'],
        ['2024-10-15T00:00:00.000Z', '2024-12-01T00:00:00.000Z'],
      ]);
    }));
});

describe('a charge', () => {
  it('is refused outside its contract, finer than the minor unit, or without any item', () =>
    story('2024-10', async (w) => {
      const productId = await w.fixed('fee');
      const rateCardId = await w.card([], 'JPY');
      const customerId = await w.customer('Any');
      const refusal = (schedule: object) =>
        w.refusal('createContract', {
          ...{ customerId, rateCardId, startingAt: at('2024-10'), endingBefore: at('2025-01') },
          scheduledCharges: [{ productId, schedule }],
        });
      const inSchedule = 'input scheduledCharges 0 schedule';
      const item = (timestamp: string, amount = '1') => ({
        scheduleItems: [{ timestamp: at(timestamp), amount }],
      });
      expect(await refusal(item('2025-01'))).toBe(
        `charge_outside_contract ${inSchedule} scheduleItems 0 timestamp`,
      );
      expect(await refusal(item('2024-09-30T23:00:00Z'))).toBe(
        `charge_outside_contract ${inSchedule} scheduleItems 0 timestamp`,
      );
      expect(await refusal(item('2024-10', '0.5'))).toBe(
        `amount_finer_than_minor_unit ${inSchedule} scheduleItems 0 amount`,
      );
      expect(await refusal({ scheduleItems: [] })).toBe(
        `schedule_empty ${inSchedule} scheduleItems`,
      );
      expect(
        await refusal(recurring('ANNUAL', '2024-10', '2025-10-01T01:00:00Z', { amount: '1' })),
      ).toBe(`charge_outside_contract ${inSchedule} recurringSchedule endingBefore`);
      expect(
        await refusal(
          recurring('WEEKLY', '2024-10', '2024-11', {
            amount: '1.5',
            amountDistribution: 'DIVIDED',
          }),
        ),
      ).toBe(`amount_finer_than_minor_unit ${inSchedule} recurringSchedule amount`);
    }));
});
