import { describe, expect, it } from 'vitest';
import { cellsOf } from '../../src/invoices/groups.ts';
import { lateLines } from '../../src/invoices/late.ts';
import { rate as ratePeriod, unrated, usageLines } from '../../src/invoices/rating.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type MeterReading } from '../../src/usage/groups.ts';
import { day, flat, january, month, total, wholeMonth } from './given.ts';
import { at, inRoom, override, priced, readingOf, termsOf } from './grouped.ts';

describe('usage by group (billing rule 18)', () => {
  const rates = [
    at('1', null),
    at('2', { region: 'eu' }),
    at('3', { region: 'eu', tier: 'gold' }),
    at('5', { region: 'us' }),
  ];

  it('is billed by the rate that names most of its values, each combination by itself', () => {
    // Values stand in the order of their names: region, room, tier.
    const reading = readingOf([
      [inRoom('eu', 'gold', 'a'), total('1')],
      [inRoom('eu', 'gold', 'b'), total('2')],
      [inRoom('eu', 'silver'), total('3')],
      [inRoom('us', 'gold'), total('4')],
      [inRoom('asia', 'gold'), total('5')],
      [inRoom(null, 'gold'), total('6')],
      [inRoom('eu', null), total('7')],
    ]);
    expect(priced(termsOf(rates), reading).toSorted()).toEqual([
      '//gold 01-01 6 = 6',
      'asia//gold 01-01 5 = 5',
      'eu// 01-01 7 = 14',
      'eu//silver 01-01 3 = 6',
      'eu/a/gold 01-01 1 = 3',
      'eu/b/gold 01-01 2 = 6',
      'us//gold 01-01 4 = 20',
    ]);
    expect(unrated(present(termsOf(rates)[0], 'one'), reading)).toEqual([]);
  });

  it('without a rate that is for it is not billed, and is told', () => {
    const [terms] = termsOf(rates.slice(1));
    const reading = readingOf([
      [inRoom('eu', 'gold', 'a'), total('1')],
      [inRoom('asia', 'gold', 'a'), total('5')],
      [inRoom(null, 'gold'), total('6')],
      [inRoom('africa', null), total('0')],
    ]);
    expect(priced(termsOf(rates.slice(1)), reading)).toEqual(['eu/a/gold 01-01 1 = 3']);
    expect(
      unrated(present(terms, 'one'), reading).map(({ groupValues, quantity }) => [
        groupValues,
        printDecimal(quantity),
      ]),
    ).toEqual([
      [inRoom('asia', 'gold', 'a'), '5'],
      [inRoom(null, 'gold'), '6'],
    ]);
  });

  it('falls to the less specific rate where the other one is not in force', () => {
    const promotion = at('3', { region: 'eu' }, { startingAt: day(10), endingBefore: day(20) });
    const terms = termsOf([at('1', null), promotion]);
    expect(cellsOf(present(terms[0], 'one')).map(({ startingAt }) => startingAt)).toEqual([
      january,
      day(10),
      day(20),
    ]);
    const each = [total('1'), total('10'), total('100')];
    expect(
      priced(
        terms,
        readingOf([
          [inRoom('eu', null), ...each],
          [inRoom('us', null), ...each],
        ]),
      ),
    ).toEqual([
      'eu// 01-01 1 = 1',
      'eu// 01-10 10 = 30',
      'eu// 01-20 100 = 100',
      // Nothing changes for it: one segment.
      'us// 01-01 111 = 111',
    ]);
  });

  it('that is not entitled has no line, and does not fall to a less specific rate', () => {
    const terms = termsOf([at('1', null), at('2', { region: 'eu' }, { entitled: false })]);
    const reading = readingOf([
      [inRoom('eu', null), total('1')],
      [inRoom('us', null), total('2')],
    ]);
    expect(priced(terms, reading)).toEqual(['us// 01-01 2 = 2']);
    expect(unrated(present(terms[0], 'one'), reading)).toEqual([]);
  });

  it('of one combination starts tiers anew, in each segment too', () => {
    const tiers = {
      model: 'GRADUATED' as const,
      tiers: [
        { upTo: '10', unitPrice: '1', flatFee: null },
        { upTo: null, unitPrice: '0.5', flatFee: '1' },
      ],
    };
    const change = at('1', null, {
      pricing: flat('2'),
      startingAt: day(10),
      endingBefore: day(20),
    });
    const terms = termsOf([at('1', null, { pricing: tiers }), change]);
    // 10 x 1 and 2 x 0.5 + 1; then 4 x 2; then 3 x 1.
    expect(
      priced(
        terms,
        readingOf([
          [inRoom('eu', null), total('12'), total('4'), total('3')],
          [inRoom('us', null), total('3'), null, null],
        ]),
      ),
    ).toEqual([
      'eu// 01-01 10 = 10',
      'eu// 01-01 2 = 2',
      'eu// 01-10 4 = 8',
      'eu// 01-20 3 = 3',
      'us// 01-01 3 = 3',
      'us// 01-10 0 = 0',
      'us// 01-20 0 = 0',
    ]);
  });

  it('has one price under an overwrite, whatever its values; a multiplier changes each', () => {
    const reading = readingOf([
      [inRoom('eu', null), total('1'), total('1')],
      [inRoom('asia', null), total('2'), total('2')],
    ]);
    const overwrite = override({ overwrite: flat('7'), startingAt: day(10) });
    const twice = override({ multiplier: '2', startingAt: day(10) });
    const some = [at('2', { region: 'eu' }), at('5', { region: 'us' })];
    expect(priced(termsOf(some, [overwrite]), reading)).toEqual([
      'asia// 01-10 2 = 14',
      'eu// 01-01 1 = 2',
      'eu// 01-10 1 = 7',
    ]);
    expect(priced(termsOf(some, [twice]), reading)).toEqual([
      'eu// 01-01 1 = 2',
      'eu// 01-10 1 = 4',
    ]);
  });

  it('has lines that keep their ids apart, and no line where there is no usage', () => {
    const terms = termsOf(rates);
    expect(ratePeriod(terms, [new Map()], 'USD')).toEqual([]);
    const reading = readingOf([
      [inRoom('eu', 'gold', 'a'), total('1')],
      [inRoom('eu', 'gold', null), total('1')],
    ]);
    const lines = usageLines('inv_1', wholeMonth, ratePeriod(terms, [reading], 'USD'));
    expect(lines.map(({ groupValues }) => groupValues)).toEqual([
      inRoom('eu', 'gold', 'a'),
      inRoom('eu', 'gold', null),
    ]);
    expect(new Set(lines.map(({ lineId }) => lineId)).size).toBe(2);
  });
});

describe('late usage by group', () => {
  const terms = termsOf([
    at('1', null, {
      pricing: {
        model: 'GRADUATED',
        tiers: [
          { upTo: '10', unitPrice: '1', flatFee: null },
          { upTo: null, unitPrice: '0.5', flatFee: '1' },
        ],
      },
    }),
    at('2', { region: 'eu' }),
  ]);
  const rated = (eu: string | null, us: string, room = 'a') =>
    ratePeriod(
      terms,
      [
        readingOf([
          ...(eu === null ? [] : [[inRoom('eu', null, room), total(eu)] as const]),
          [inRoom('us', null), total(us)],
        ]),
      ],
      'USD',
    );

  it('is a line for each combination, with its tiers summed', () => {
    const charged = usageLines('inv_1', wholeMonth, rated('1', '8'));
    const lines = lateLines('inv_2', { period: wholeMonth, rated: rated('3', '14'), charged });
    // eu: 3 - 1 at 2. us: 10 x 1 + 4 x 0.5 + 1 - 8 = 5.
    expect(
      lines.map((line) => [
        line.groupValues,
        line.quantity,
        line.amount,
        line.unitPrice,
        line.tier,
      ]),
    ).toEqual([
      [inRoom('eu', null, 'a'), '2', '4', '2', null],
      [inRoom('us', null), '6', '5', null, null],
    ]);
    expect(new Set(lines.map(({ lineId }) => lineId)).size).toBe(2);
    const settled = lateLines('inv_3', {
      period: wholeMonth,
      rated: rated('3', '14'),
      charged: [...charged, ...lines],
    });
    expect(settled).toEqual([]);
  });

  it('may be of a combination that was not there before', () => {
    const charged = usageLines('inv_1', wholeMonth, rated(null, '8'));
    const [line, ...more] = lateLines('inv_2', {
      period: wholeMonth,
      rated: rated('3', '8'),
      charged,
    });
    expect(line).toMatchObject({
      groupValues: inRoom('eu', null, 'a'),
      quantity: '3',
      amount: '6',
    });
    expect(more).toEqual([]);
  });
});

describe('a product without keys', () => {
  it('is rated as one, and what no rate is for is told', () => {
    const [terms] = termsOf([at('1', null, { startingAt: day(10) })], [], {});
    expect(terms?.groups).toBeUndefined();
    const reading: MeterReading = new Map([['', [total('3'), total('4')]]]);
    const found = unrated(present(terms, 'one'), reading);
    expect(found).toMatchObject([
      { groupValues: null, segment: { startingAt: january, endingBefore: day(10) } },
    ]);
    expect(found.map(({ quantity }) => printDecimal(quantity))).toEqual(['3']);
    expect(present(terms, 'one').segments.at(-1)?.endingBefore).toBe(month(1));
  });
});
