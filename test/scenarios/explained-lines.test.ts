import { describe, expect, it } from 'vitest';
import { eventOf, explain, explainAll, told } from '../support/explaining.ts';
import { at, story, type World } from '../support/scenario.ts';

/** A contract from October on, under a card that prices emails so. */
async function emailsAt(w: World, pricing: object, more: object = {}, aggregation = 'SUM') {
  const emails = await w.metered('emails', aggregation, 'n', ['mail']);
  const rate = { productId: emails.productId, pricing, entitled: true, startingAt: at('2024-01') };
  const rateCardId = await w.create('createRateCard', { name: 'Standard', rates: [rate] });
  const customerId = await w.customer('First', ['team']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10', ...more });
  return { emails, rateCardId, customerId };
}

const draftOf = async (w: World, customerId: string, periodStart = '2024-10') => {
  const bill = await w.bill(customerId, { periodStart: `${periodStart}-01T00:00:00.000Z` });
  return bill.id;
};

const tiers = [
  { upTo: '10', unitPrice: '0.10' },
  { upTo: '20', unitPrice: '0.08', flatFee: '5' },
  { unitPrice: '0.0333' },
];

describe('the arithmetic of a line', () => {
  it.each<[string, object, string, readonly string[]]>([
    ['FLAT', { model: 'FLAT', unitPrice: '0.10' }, '3000', ['3000 x 0.10 USD = 300.00 USD']],
    [
      'FLAT with free units',
      { model: 'FLAT', unitPrice: '0.10', freeUnits: '1000' },
      '3000',
      ['(3000 - 1000 free) x 0.10 USD = 200.00 USD'],
    ],
    [
      'free units that are not used up',
      { model: 'FLAT', unitPrice: '0.10', freeUnits: '1000' },
      '30',
      ['0 (up to 1000 free) x 0.10 USD = 0.00 USD'],
    ],
    [
      'FLAT, rounded',
      { model: 'FLAT', unitPrice: '0.125' },
      '1',
      ['1 x 0.125 USD = 0.125 USD, rounded to 0.13 USD'],
    ],
    [
      'GRADUATED',
      { model: 'GRADUATED', tiers },
      '25',
      [
        'tier 1 (up to 10): 10 x 0.10 USD = 1.00 USD',
        'tier 2 (above 10, up to 20): 10 x 0.08 USD + 5.00 USD flat = 5.80 USD',
        'tier 3 (above 20): 5 x 0.0333 USD = 0.1665 USD, rounded to 0.17 USD',
      ],
    ],
    [
      'VOLUME',
      { model: 'VOLUME', tiers, freeUnits: '4' },
      '20',
      ['tier 2 (above 10, up to 20): (20 - 4 free) x 0.08 USD + 5.00 USD flat = 6.28 USD'],
    ],
    [
      'PACKAGE',
      { model: 'PACKAGE', packageSize: '1000', packagePrice: '7.5' },
      '2500',
      ['2500 in 3 packages of 1000: 3 x 7.50 USD = 22.50 USD'],
    ],
    [
      'PERCENTAGE',
      { model: 'PERCENTAGE', rate: '0.029' },
      '1000',
      ['2.9 % of 1000.00 USD = 29.00 USD'],
    ],
  ])('of %s is told in words, in drafts and finalized', async (_name, pricing, n, words) => {
    await story('2024-10', async (w) => {
      const { customerId } = await emailsAt(w, pricing);
      await w.use(customerId, 'emails', '2024-10-02', { n });
      const id = await draftOf(w, customerId);
      const expected = words.map((line) => `${line} | t-1`);
      expect((await explainAll(w, id)).map(told)).toEqual(expected);
      await w.advance('2024-11-02');
      const final = await explainAll(w, id);
      expect(final.map(told)).toEqual(expected);
      for (const {
        pricing: { model },
        source,
        pricedBy,
        usageCount,
      } of final) {
        expect({ model, source, by: pricedBy.map(eventOf), usageCount }).toEqual({
          ...{ model: (pricing as { model: string }).model, source: 'RATE_CARD', usageCount: 1 },
          by: ['RatesAdded rateCard 1'],
        });
      }
    });
  });

  it('of no usage at all is told, too', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailsAt(w, { model: 'FLAT', unitPrice: '2' });
      const [line] = await explainAll(w, await draftOf(w, customerId));
      expect(line).toMatchObject({ arithmetic: '0 x 2.00 USD = 0.00 USD', usageCount: 0 });
    }));

  it('of a scheduled charge tells which of its occurrences it is', () =>
    story('2024-10', async (w) => {
      const productId = await w.fixed('Platform fee');
      const schedule = {
        ...{ startingAt: at('2024-10'), endingBefore: at('2025-01'), frequency: 'MONTHLY' },
        ...{ amount: '100', amountDistribution: 'DIVIDED' },
      };
      const once = { scheduleItems: [{ timestamp: at('2024-11'), unitPrice: '5', quantity: '3' }] };
      const { customerId } = await emailsAt(
        w,
        { model: 'FLAT', unitPrice: '2' },
        {
          scheduledCharges: [
            { productId, schedule: { recurringSchedule: schedule } },
            { productId, name: 'Setup', schedule: once },
          ],
        },
      );
      await w.advance('2024-11-02');
      const bills = await w.invoices(customerId, { types: ['SCHEDULED'] });
      const [november = [], october = []] = await Promise.all(
        bills.map(({ id }) => explainAll(w, id)),
      );
      expect(october.map(told)).toEqual([
        '1 of 3 charges of 100.00 USD together: 1 x 33.34 USD = 33.34 USD',
      ]);
      expect(november.map(told)).toEqual([
        '2 of 3 charges of 100.00 USD together: 1 x 33.33 USD = 33.33 USD',
        '3 x 5.00 USD = 15.00 USD',
      ]);
      for (const line of [...october, ...november]) {
        expect(line).toMatchObject({ source: 'SCHEDULED_CHARGE', usageCount: 0 });
        expect(line.pricing.model).toBe('FLAT');
        expect(line.pricedBy.map(eventOf)).toEqual(['ContractCreated contracts 0']);
      }
    }));
});

describe('the price of a line', () => {
  it('is set by the rate in force in its segment, as it was known at the cut', () =>
    story('2024-10', async (w) => {
      const { customerId, rateCardId, emails } = await emailsAt(w, {
        ...{ model: 'FLAT', unitPrice: '0.10' },
      });
      const { productId } = emails;
      await w.addRates(rateCardId, [{ productId, unitPrice: '0.20', startingAt: '2024-10-16' }]);
      await w.use(customerId, 'emails', '2024-10-02', { n: 5 });
      await w.use(customerId, 'emails', '2024-10-20', { n: 7 });
      await w.advance('2024-11-02');
      await w.addRates(rateCardId, [{ productId, unitPrice: '9', startingAt: '2024-10-03' }]);
      const lines = await explainAll(w, await draftOf(w, customerId));
      expect(lines.map(told)).toEqual([
        '5 x 0.10 USD = 0.50 USD | t-1',
        '7 x 0.20 USD = 1.40 USD | t-2',
      ]);
      expect(lines.map(({ pricedBy }) => pricedBy.map(eventOf))).toEqual([
        ['RatesAdded rateCard 1'],
        ['RatesAdded rateCard 2'],
      ]);
    }));

  it('names the override that changes it, or replaces it', () =>
    story('2024-10', async (w) => {
      const override = { applicableProductTags: ['mail'], priority: 1 };
      const overwrite = { model: 'FLAT', unitPrice: '0.07' };
      const overrides = [
        {
          ...override,
          startingAt: at('2024-10'),
          endingBefore: at('2024-10-10'),
          multiplier: '0.8',
        },
        { ...override, startingAt: at('2024-10-10'), endingBefore: at('2024-10-20'), overwrite },
      ];
      const { customerId } = await emailsAt(w, { model: 'FLAT', unitPrice: '0.10' }, { overrides });
      for (const day of ['02', '12', '22']) {
        await w.use(customerId, 'emails', `2024-10-${day}`, { n: 10 });
      }
      const lines = await explainAll(w, await draftOf(w, customerId));
      expect(lines.map(told)).toEqual([
        '10 x 0.08 USD = 0.80 USD (price times 0.8 by an override) | t-1',
        '10 x 0.07 USD = 0.70 USD (price set by an override) | t-2',
        '10 x 0.10 USD = 1.00 USD | t-3',
      ]);
      expect(lines.map(({ source, pricedBy }) => [source, ...pricedBy.map(eventOf)])).toEqual([
        ['OVERRIDE', 'RatesAdded rateCard 1', 'ContractCreated contracts 0'],
        ['OVERRIDE', 'ContractCreated contracts 0'],
        ['RATE_CARD', 'RatesAdded rateCard 1'],
      ]);
    }));
});

describe('the usage behind a line', () => {
  it('is paged in the order of its recording, without repeats and what does not count', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailsAt(w, { model: 'FLAT', unitPrice: '1' });
      await w.use('later', 'emails', '2024-10-05', { n: 1 });
      const other = await w.customer('Other');
      for (let index = 0; index < 5; index += 1) {
        await w.use(index % 2 === 0 ? customerId : 'team', 'emails', '2024-10-02', { n: index });
        await w.use(other, 'emails', '2024-10-02', { n: 9 });
      }
      const again = { ...w.event('team', 'emails', '2024-10-09', { n: 3 }), transactionId: 't-2' };
      await w.record([
        again,
        w.event(customerId, 'emails', '2024-10-03', { n: 'many' }),
        w.event(customerId, 'calls', '2024-10-03', { n: 1 }),
        w.event(customerId, 'emails', '2024-11-01', { n: 1 }),
        w.event(customerId, 'emails', '2024-10-31T23:59:59Z', { n: 1 }),
      ]);
      await w.mutate('setIngestAliases', { customerId, ingestAliases: ['later'] });
      const id = await draftOf(w, customerId);
      const [line] = await explainAll(w, id);
      const all = ['t-1', 't-2', 't-4', 't-6', 't-8', 't-10', 't-16'];
      expect(line?.usage.nodes.map(({ transactionId }) => transactionId)).toEqual(all);
      expect(line?.usageCount).toBe(7);
      expect(line?.lineItem.quantity).toBe('12');
      for (const first of [1, 2, 3]) {
        const read: string[] = [];
        let after: string | null = null;
        for (let hasNextPage = true; hasNextPage;) {
          const found = await explain(w, id, line?.lineItem.id ?? '', { first, after });
          read.push(...(found?.usage.nodes ?? []).map(({ transactionId }) => transactionId));
          ({ hasNextPage = false, endCursor: after = null } = found?.usage.pageInfo ?? {});
        }
        expect(read).toEqual(all);
      }
    }));

  it('of late usage is what came after the cuts of the invoices that stand', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailsAt(w, { model: 'FLAT', unitPrice: '0.10' });
      await w.use(customerId, 'emails', '2024-10-02', { n: 3000 });
      await w.advance('2024-11-02');
      const october = await draftOf(w, customerId);
      await w.use('team', 'emails', '2024-10-04', { n: 100 });
      const november = await draftOf(w, customerId, '2024-11');
      const [, late] = await explainAll(w, november);
      expect(late && told(late)).toBe(
        '3100 x 0.10 USD = 310.00 USD, less 300.00 USD charged before = 10.00 USD | t-2',
      );
      expect(late).toMatchObject({ lineItem: { type: 'LATE_USAGE' }, usageCount: 1 });
      expect(late?.pricedBy.map(eventOf)).toEqual(['RatesAdded rateCard 1']);
      await w.advance('2024-12-02');
      await w.use(customerId, 'emails', '2024-10-06', { n: 7 });
      const december = await draftOf(w, customerId, '2024-12');
      const [, later] = await explainAll(w, december);
      expect(later && told(later)).toBe(
        '3107 x 0.10 USD = 310.70 USD, less 310.00 USD charged before = 0.70 USD | t-3',
      );
      await w.voided(october);
      const again = await w.bill(customerId, {
        ...{ periodStart: '2024-10-01T00:00:00.000Z', status: 'DRAFT' },
      });
      expect((await explainAll(w, again.id)).map(told)).toEqual([
        '3107 x 0.10 USD = 310.70 USD | t-1 | t-2 | t-3',
        'billed again by this invoice itself, less 10.00 USD charged before = -10.00 USD | t-2',
      ]);
      expect((await explainAll(w, november)).map(told)).toEqual([
        '0 x 0.10 USD = 0.00 USD',
        '3100 x 0.10 USD = 310.00 USD, less 300.00 USD charged before = 10.00 USD | t-2',
      ]);
    }));

  it('of MAX and UNIQUE is that of the whole period', () =>
    story('2024-10', async (w) => {
      const { customerId, emails, rateCardId } = await emailsAt(
        ...([w, { model: 'FLAT', unitPrice: '1' }, {}, 'MAX'] as const),
      );
      const { productId } = emails;
      await w.addRates(rateCardId, [{ productId, unitPrice: '2', startingAt: '2024-10-16' }]);
      await w.use(customerId, 'emails', '2024-10-20', { n: 9 });
      await w.use(customerId, 'emails', '2024-10-02', { n: 5 });
      expect((await explainAll(w, await draftOf(w, customerId))).map(told)).toEqual([
        '0 x 1.00 USD = 0.00 USD | t-1 | t-2',
        '9 x 2.00 USD = 18.00 USD | t-1 | t-2',
      ]);
    }));
});

describe('a line that is not there', () => {
  it('is explained by null', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailsAt(w, { model: 'FLAT', unitPrice: '1' });
      const id = await draftOf(w, customerId);
      const [line] = await explainAll(w, id);
      expect(await explain(w, id, 'lin_nothing')).toBeNull();
      expect(await explain(w, 'inv_nothing', line?.lineItem.id ?? '')).toBeNull();
      expect(await explain(w, `${id}@replay`, line?.lineItem.id ?? '')).toBeNull();
    }));
});
