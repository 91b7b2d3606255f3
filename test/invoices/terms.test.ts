import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pricing, type Rate } from '../../src/catalog/events.ts';
import { ratesByProduct } from '../../src/catalog/rates.ts';
import { type Contract } from '../../src/contracts/contract.ts';
import { type Override } from '../../src/contracts/events.ts';
import { ratesUnderContract } from '../../src/contracts/rate-schedule.ts';
import { addHours, covers } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type Segment } from '../../src/invoices/events.ts';
import { type Rival } from '../../src/invoices/rivals.ts';
import { termsOver } from '../../src/invoices/terms.ts';
import { hoursFrom } from '../support/arbitraries.ts';
import {
  catalog,
  contract,
  day,
  flat,
  january,
  month,
  rate,
  segment,
  terms,
  wholeMonth,
} from './given.ts';

const override = (change: Partial<Override>): Override => ({
  startingAt: january,
  endingBefore: null,
  productIds: null,
  productTags: null,
  entitled: null,
  multiplier: null,
  overwrite: null,
  priority: null,
  ...change,
});

const priceOf = (pricing: Pricing | null): string | undefined =>
  pricing?.model === 'FLAT' ? pricing.unitPrice : undefined;

/** The segments of each product as "from to price", by days of January. */
const segments = (of: Contract, rivals: readonly Rival[], ...cards: readonly Rate[][]) =>
  Object.fromEntries(
    termsOver(of, rivals, catalog(...cards), wholeMonth).map(({ productId, segments }) => [
      productId,
      segments.map(
        ({ startingAt, endingBefore, pricing, unrated }) =>
          `${startingAt.slice(5, 10)} ${endingBefore.slice(5, 10)} ${priceOf(pricing) ?? (unrated === true ? 'none' : '-')}`,
      ),
    ]),
  );

describe('the terms of a period', () => {
  it('name each product that the card rates, its metric, and where its price comes from', () => {
    const rates = [rate('emails'), rate('rows', { pricing: flat('0.15') })];
    const doubled = override({ multiplier: '2', productIds: ['rows'] });
    expect(termsOver(contract({ overrides: [doubled] }), [], catalog(rates), wholeMonth)).toEqual([
      {
        productId: 'emails',
        productName: 'Product emails',
        metricId: 'met_emails',
        aggregation: 'COUNT',
        segments: [{ ...wholeMonth, pricing: flat('0.1'), source: 'RATE_CARD' }],
      },
      {
        productId: 'rows',
        productName: 'Product rows',
        metricId: 'met_rows',
        aggregation: 'SUM',
        segments: [{ ...wholeMonth, pricing: flat('0.3'), source: 'OVERRIDE' }],
      },
    ]);
  });

  it('are cut where the price changes', () => {
    const promotion = rate('emails', {
      pricing: flat('0.05'),
      startingAt: day(10),
      endingBefore: day(20),
    });
    expect(segments(contract(), [], [rate('emails'), promotion])).toEqual({
      emails: ['01-01 01-10 0.1', '01-10 01-20 0.05', '01-20 02-01 0.1'],
    });
  });

  it('are not cut where a change leaves the price as it is', () => {
    const again = rate('emails', { startingAt: day(10) });
    expect(segments(contract(), [], [rate('emails'), again])).toEqual({
      emails: ['01-01 02-01 0.1'],
    });
    const overrides = [override({ multiplier: '1', startingAt: day(5), endingBefore: day(6) })];
    expect(segments(contract({ overrides }), [], [rate('emails')])).toEqual({
      emails: ['01-01 02-01 0.1'],
    });
  });

  it('take equal numbers for equal prices, however they are written', () => {
    const again = rate('emails', { pricing: flat('0.10'), startingAt: day(10) });
    expect(segments(contract(), [], [rate('emails'), again])).toEqual({
      emails: ['01-01 02-01 0.1'],
    });
  });

  it('have no price while the product is not entitled', () => {
    const overrides = [
      override({
        entitled: false,
        productTags: ['premium'],
        startingAt: day(3),
        endingBefore: day(9),
      }),
    ];
    expect(segments(contract({ overrides }), [], [rate('rooms'), rate('emails')])).toEqual({
      rooms: ['01-01 01-03 0.1', '01-03 01-09 -', '01-09 02-01 0.1'],
      emails: ['01-01 02-01 0.1'],
    });
  });

  it('leave out a product that is not billed at all', () => {
    const none = [override({ entitled: false })];
    expect(segments(contract({ overrides: none }), [], [rate('rooms')])).toEqual({});
  });

  it('name a product that the card rates at other times only: its usage is unrated', () => {
    const later = rate('rows', { startingAt: month(1) });
    const before = rate('emails', { endingBefore: january });
    expect(segments(contract(), [], [later, before])).toEqual({
      rows: ['01-01 02-01 none'],
      emails: ['01-01 02-01 none'],
    });
  });

  it('have no price before the first rate and after the last', () => {
    const some = rate('emails', { startingAt: day(10), endingBefore: day(12) });
    expect(segments(contract(), [], [some])).toEqual({
      emails: ['01-01 01-10 none', '01-10 01-12 0.1', '01-12 02-01 none'],
    });
  });
});

describe('a product that two contracts rate', () => {
  const other = (rates: readonly Rate[], change: Parameters<typeof contract>[0] = {}): Rival => ({
    contract: contract({ contractId: `con_${'b'.repeat(32)}`, ...change }),
    isEarlier: true,
    rates: ratesByProduct(rates),
    settled: [],
  });
  const emails = [rate('emails')];

  it('is billed by the one created first, entitled there or not', () => {
    expect(segments(contract(), [other(emails)], emails)).toEqual({});
    const unentitled = rate('emails', { entitled: false });
    expect(segments(contract(), [other([unentitled])], emails)).toEqual({});
    const later = { ...other(emails), isEarlier: false };
    for (const rivals of [[], [later]]) {
      expect(segments(contract(), rivals, emails)).toEqual({ emails: ['01-01 02-01 0.1'] });
    }
  });

  it('is billed by the later one while the first does not run or does not rate it', () => {
    const half = other(emails, { startingAt: day(5), endingBefore: day(8) });
    expect(segments(contract(), [half], emails)).toEqual({
      emails: ['01-01 01-05 0.1', '01-05 01-08 -', '01-08 02-01 0.1'],
    });
    const dearer = rate('emails', { pricing: flat('0.2'), startingAt: day(10) });
    expect(segments(contract(), [half], [...emails, dearer])).toEqual({
      emails: ['01-01 01-05 0.1', '01-05 01-08 -', '01-08 01-10 0.1', '01-10 02-01 0.2'],
    });
    const gains = other([rate('emails', { startingAt: day(20) })]);
    expect(segments(contract(), [gains], emails)).toEqual({
      emails: ['01-01 01-20 0.1', '01-20 02-01 -'],
    });
    expect(segments(contract(), [other([rate('rows')])], emails)).toEqual({
      emails: ['01-01 02-01 0.1'],
    });
  });

  it('is billed by the first, but where a closed period of the later one has billed it', () => {
    const period = { startingAt: day(5), endingBefore: day(20) };
    const billed = terms('COUNT', [
      segment(day(5), day(8), null),
      segment(day(8), day(12), '3'),
      segment(day(12), day(20), null),
    ]);
    const later: Rival = {
      ...other(emails, period),
      isEarlier: false,
      settled: [{ period, terms: [billed], rates: ratesByProduct(emails) }],
    };
    expect(segments(contract(), [later], emails)).toEqual({
      emails: ['01-01 01-08 0.1', '01-08 01-12 -', '01-12 02-01 0.1'],
    });
  });

  it('is left out where others have it all, each for some of the time', () => {
    const until = other([rate('emails', { endingBefore: day(10) })]);
    const since = other([rate('emails', { startingAt: day(10) })]);
    expect(segments(contract(), [until, since], emails)).toEqual({});
  });
});

describe('the segments of any terms', () => {
  const hour = hoursFrom(january, 40);
  const spans = fc
    .tuple(hour, fc.option(fc.integer({ min: 1, max: 20 })))
    .map(([startingAt, length]) => ({
      startingAt,
      endingBefore: length === null ? null : addHours(startingAt, length),
    }));
  const prices = fc.constantFrom('1', '2');
  const rates = fc.array(
    fc
      .tuple(spans, prices, fc.boolean())
      .map(([span, unitPrice, entitled]) =>
        rate('emails', { ...span, pricing: flat(unitPrice), entitled }),
      ),
    { minLength: 1, maxLength: 5 },
  );
  const overrides = fc.array(
    fc
      .tuple(spans, fc.option(prices), fc.option(fc.boolean()))
      .map(([span, multiplier, entitled]) => override({ ...span, multiplier, entitled })),
    { maxLength: 4 },
  );

  it('tile the period, differ from their neighbours, and say what is in force at every hour', () => {
    fc.assert(
      fc.property(rates, overrides, (card, overriding) => {
        const of = contract({ overrides: overriding });
        const interval = { startingAt: january, endingBefore: addHours(january, 60) };
        const [found] = termsOver(of, [], catalog(card), interval);
        const product = { productId: 'emails', tags: [] };
        const none: Segment = { ...interval, pricing: null, source: null };
        const segments = found?.segments ?? [none];
        for (let index = 0; index < 60; index += 1) {
          const at = addHours(january, index);
          const [slot] = ratesByProduct(card).get('emails') ?? [];
          const [rated] = ratesUnderContract(slot ? [slot] : [], overriding, product, at);
          const covering = segments.filter((segment) => covers(segment, at));
          expect(covering).toHaveLength(1);
          expect(covering[0]?.pricing).toEqual(rated?.entitled === true ? rated.pricing : null);
          expect(covering[0]?.unrated === true).toBe(rated === undefined);
        }
        segments.slice(1).forEach((segment, index) => {
          const before = present(segments[index], 'the one before');
          expect(segment.startingAt).toBe(before.endingBefore);
          expect([segment.pricing, segment.unrated]).not.toEqual([before.pricing, before.unrated]);
        });
      }),
    );
  });
});
