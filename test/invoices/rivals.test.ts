import { describe, expect, it } from 'vitest';
import { ratesByProduct, type RatesByProduct } from '../../src/catalog/rates.ts';
import { type Override } from '../../src/contracts/events.ts';
import { type ProductTerms } from '../../src/invoices/events.ts';
import { claimCells, claims, type Rival, type SettledPeriod } from '../../src/invoices/rivals.ts';
import { type Interval } from '../../src/kernel/calendar.ts';
import { contract, day, january, month, rate, segment, terms, wholeMonth } from './given.ts';

const emails = { productId: 'emails', tags: [] };
const rated = ratesByProduct([rate('emails')]);
const unentitled = ratesByProduct([rate('emails', { entitled: false })]);
const none = ratesByProduct([]);
const noEmails: Override = {
  startingAt: january,
  endingBefore: null,
  productIds: ['emails'],
  productTags: null,
  entitled: false,
  multiplier: null,
  overwrite: null,
  priority: null,
};

/** January of the rival, closed: billed by these terms, with these rates on its card then. */
const closedMonth = (
  billed: readonly ProductTerms[],
  rates: RatesByProduct,
  period: Interval = wholeMonth,
): SettledPeriod => ({ period, terms: billed, rates });
const billed = [terms('COUNT')];
const rows = [terms('SUM', undefined, 'rows')];
const unpriced = [terms('COUNT', [segment(january, month(1), null)])];

type Case = readonly [
  what: string,
  rival: Partial<Rival>,
  claims: { readonly earlier: boolean; readonly later: boolean },
];

const always = { earlier: true, later: true };
const never = { earlier: false, later: false };
const whenFirst = { earlier: true, later: false };
const cases: readonly Case[] = [
  ['open, the card rates it', { rates: rated }, whenFirst],
  ['open, the card rates it, not entitled', { rates: unentitled }, whenFirst],
  ['open, the card does not rate it', { rates: none }, never],
  [
    'open, the card rates it from the next day on',
    { rates: ratesByProduct([rate('emails', { startingAt: day(11) })]) },
    never,
  ],
  [
    'open, not entitled by its contract',
    { contract: contract({ overrides: [noEmails] }) },
    whenFirst,
  ],
  ['not running yet', { contract: contract({ startingAt: day(11) }) }, never],
  ['not running any more', { contract: contract({ endingBefore: day(10) }) }, never],
  ['closed with it', { settled: [closedMonth(billed, rated)] }, always],
  [
    'closed with it, and the card has lost it',
    { rates: none, settled: [closedMonth(billed, rated)] },
    always,
  ],
  ['closed before the card gained it', { settled: [closedMonth(rows, none)] }, never],
  ['closed without entitlement', { settled: [closedMonth(rows, unentitled)] }, whenFirst],
  [
    'closed without entitlement for that day',
    { settled: [closedMonth(unpriced, unentitled)] },
    whenFirst,
  ],
  [
    'closed without entitlement by its contract',
    { contract: contract({ overrides: [noEmails] }), settled: [closedMonth(rows, rated)] },
    whenFirst,
  ],
  ['closed while another contract had billed it', { settled: [closedMonth(rows, rated)] }, never],
  [
    'closed for another time',
    { settled: [closedMonth(rows, none, { startingAt: january, endingBefore: day(10) })] },
    whenFirst,
  ],
  [
    'closed with it beyond where its contract ends now',
    { contract: contract({ endingBefore: day(5) }), settled: [closedMonth(billed, rated)] },
    always,
  ],
];

describe('another contract has a product at an instant', () => {
  it.each(cases)('%s', (_what, rival, expected) => {
    const whole = { contract: contract(), rates: rated, settled: [], ...rival };
    expect({
      earlier: claims({ ...whole, isEarlier: true }, emails, day(10)),
      later: claims({ ...whole, isEarlier: false }, emails, day(10)),
    }).toEqual(expected);
  });
});

describe('the instants at which another contract may gain or lose a product', () => {
  const changes = (rival: Partial<Rival>): string[] =>
    claimCells(
      { contract: contract(), isEarlier: true, rates: rated, settled: [], ...rival },
      emails,
      wholeMonth,
    )
      .slice(1)
      .map(({ startingAt }) => startingAt.slice(5, 10));

  it('are its start and its end, where they lie inside', () => {
    expect(changes({})).toEqual([]);
    const half = contract({ startingAt: day(5), endingBefore: day(8) });
    expect(changes({ contract: half })).toEqual(['01-05', '01-08']);
  });

  it('are those of the rates of its card, and of its overrides', () => {
    const span = { startingAt: day(3), endingBefore: day(4) };
    expect(
      changes({
        rates: ratesByProduct([rate('emails', span), rate('rows', { startingAt: day(9) })]),
      }),
    ).toEqual(['01-03', '01-04']);
    const overrides = [{ ...noEmails, startingAt: day(6), endingBefore: day(7) }];
    expect(changes({ contract: contract({ overrides }) })).toEqual(['01-06', '01-07']);
  });

  it('are those of its closed periods, their segments and the rates of that time', () => {
    const period = { startingAt: day(2), endingBefore: day(20) };
    const cut = terms('COUNT', [segment(day(2), day(11), '1'), segment(day(11), day(20), null)]);
    const other = terms('SUM', [segment(day(2), day(15), '1')], 'rows');
    const then = ratesByProduct([rate('emails', { startingAt: day(13) })]);
    expect(changes({ settled: [closedMonth([cut, other], then, period)] })).toEqual([
      '01-02',
      '01-11',
      '01-13',
      '01-20',
    ]);
  });
});
