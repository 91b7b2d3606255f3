import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

async function summed(
  w: World,
  currency: string,
  unitPrice: string,
  quantities: readonly string[],
) {
  const { productId } = await w.metered('rows', 'SUM', 'n');
  const rateCardId = await w.card([{ productId, unitPrice }], currency);
  const customerId = await w.customer('Rounded');
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  for (const n of quantities) await w.use(customerId, 'rows', '2024-10-05', { n });
  return { customerId, rateCardId };
}

describe('amounts', () => {
  it.each([
    // 1.5 yen and -1.5 yen: half away from zero; 1.49 yen.
    ['JPY', '0.5', ['3'], 'rows 3 x 0.5 = 2', '2'],
    ['JPY', '0.5', ['-3'], 'rows -3 x 0.5 = -2', '-2'],
    ['JPY', '0.149', ['10'], 'rows 10 x 0.149 = 1', '1'],
    // 0.0005 dinar is half a fils; 0.0004 dinar is less.
    ['KWD', '0.0001', ['5'], 'rows 5 x 0.0001 = 0.001', '0.001'],
    ['KWD', '0.0001', ['4'], 'rows 4 x 0.0001 = 0.000', '0.000'],
    // 0.1 ten times is 1, to the last digit.
    ['USD', '0.015', Array.from({ length: 10 }, () => '0.1'), 'rows 1 x 0.015 = 0.02', '0.02'],
    // (2^53 + 1) x 0.01, and 10^30 x 0.01, exact; one in a trillion times a trillion.
    [
      'USD',
      '0.01',
      ['9007199254740993'],
      'rows 9007199254740993 x 0.01 = 90071992547409.93',
      '90071992547409.93',
    ],
    [
      'USD',
      '0.01',
      ['1000000000000000000000000000000'],
      'rows 1000000000000000000000000000000 x 0.01 = 10000000000000000000000000000.00',
      '10000000000000000000000000000.00',
    ],
    [
      'USD',
      '1000000000000',
      ['0.000000000001'],
      'rows 0.000000000001 x 1000000000000 = 1.00',
      '1.00',
    ],
  ])('in %s: a price of %s times %j', (currency, unitPrice, quantities, line, total) =>
    story('2024-10', async (w) => {
      const { customerId } = await summed(w, currency, unitPrice, quantities);
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT 2024-10-01..2024-11-01 ${total}: ${line}`,
      ]);
    }),
  );

  it('of scheduled charges are exact to the minor unit, or refused', () =>
    story('2024-10', async (w) => {
      const { customerId, rateCardId } = await summed(w, 'JPY', '1', []);
      const stranger = await w.customer('Stranger');
      const productId = await w.fixed('fee');
      const recurringSchedule = {
        startingAt: at('2024-10'),
        endingBefore: at('2024-11'),
        frequency: 'MONTHLY',
      };
      const charging = (price: object) => ({
        customerId: stranger,
        rateCardId,
        startingAt: at('2024-10'),
        scheduledCharges: [
          { productId, schedule: { recurringSchedule: { ...recurringSchedule, ...price } } },
        ],
      });
      expect(await w.refusal('createContract', charging({ amount: '10.5' }))).toMatch(
        /^amount_finer_than_minor_unit input scheduledCharges 0 schedule recurringSchedule amount$/,
      );
      await w.create('createContract', charging({ unitPrice: '2.5', quantity: '4' }));
      await w.advance('2024-10-01');
      expect((await w.bills(stranger))[0]).toBe(
        'SCHEDULED FINALIZED 2024-10-01 10: fee 4 x 2.5 = 10',
      );
      expect(await w.bills(customerId)).toEqual(['USAGE DRAFT 2024-10-01..2024-11-01 0:']);
    }));
});

describe('an invoice', () => {
  it('over nothing is finalized like any other', () =>
    story('2024-10', async (w) => {
      const { customerId } = await summed(w, 'USD', '0.10', []);
      await w.advance('2024-11-02');
      expect(await w.bill(customerId, { status: 'FINALIZED' })).toMatchObject({
        number: 1,
        issuedAt: '2024-11-02T00:00:00.000Z',
        total: { amount: '0.00' },
        lineItems: [],
      });
    }));

  it('is due after the days that its contract says, else after 30', () =>
    story('2024-10', async (w) => {
      const { customerId, rateCardId } = await summed(w, 'USD', '0.10', []);
      const quick = await w.customer('Quick');
      const terms = {
        customerId: quick,
        rateCardId,
        startingAt: '2024-10',
        netPaymentTermsDays: 0,
      };
      await w.contract(terms);
      const days = async (of: string) => (await w.invoices(of)).map((one) => one.daysUntilDue);
      expect([await days(customerId), await days(quick)]).toEqual([[30], [0]]);
      const negative = { ...terms, startingAt: at('2024-10'), netPaymentTermsDays: -1 };
      expect(await w.refusal('createContract', negative)).toBe(
        'payment_terms_invalid input netPaymentTermsDays',
      );
    }));

  it('is due after the grace that is configured', () =>
    story(
      '2024-10',
      async (w) => {
        const { customerId } = await summed(w, 'USD', '0.10', ['5']);
        await w.advance('2024-11-03T23:59:59.999Z');
        expect(await w.invoices(customerId, { statuses: ['FINALIZED'] })).toEqual([]);
        await w.advance('2024-11-05');
        expect(await w.bill(customerId, { status: 'FINALIZED' })).toMatchObject({
          issuedAt: '2024-11-04T00:00:00.000Z',
        });
      },
      { PAYGO_GRACE_HOURS: '72' },
    ));
});
