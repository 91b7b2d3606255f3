import { invariant } from './invariant.ts';

/**
 * A point in time: RFC 3339, UTC, milliseconds ("2024-10-01T00:00:00.000Z").
 * All have the same length, so they compare as text. Time ends with the year 9999: what is computed
 * beyond it is its last millisecond.
 */
export type Instant = `${string}Z`;

/** All instants from startingAt to just before endingBefore. */
export type Interval = { readonly startingAt: Instant; readonly endingBefore: Instant };

/** As Interval; null: without end. */
export type OpenInterval = { readonly startingAt: Instant; readonly endingBefore: Instant | null };

export type Frequency = 'WEEKLY' | 'MONTHLY' | 'QUARTERLY' | 'SEMI_ANNUAL' | 'ANNUAL';

const rfc3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const firstMs = Date.UTC(1000, 0, 1);
const lastMs = Date.UTC(10_000, 0, 1) - 1;
const monthsOf = { MONTHLY: 1, QUARTERLY: 3, SEMI_ANNUAL: 6, ANNUAL: 12 } as const;

/**
 * The instant that RFC 3339 text of any offset names, cut to milliseconds; undefined when it names
 * none.
 */
export function parseInstant(text: string): Instant | undefined {
  const plain = plainInstant(text, 0, text.length);
  if (plain !== undefined) return plain;
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offHour, offMinute] = match;
  const local = utcMs(Number(year), Number(month), Number(day));
  if (local === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return undefined;
  }
  if (Number(offHour ?? 0) > 23 || Number(offMinute ?? 0) > 59) return undefined;
  const offset = (Number(offHour ?? 0) * 60 + Number(offMinute ?? 0)) * (sign === '-' ? -1 : 1);
  const time = Number(hour) * 60 + Number(minute) - offset;
  const ms =
    local + time * 60_000 + Number(second) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return ms >= firstMs && ms <= lastMs ? fromMs(ms) : undefined;
}

/**
 * The instant that stands there in UTC and without a fraction, or with milliseconds; undefined:
 * parseInstant knows whether there is one.
 */
export function plainInstant(text: string, from: number, to: number): Instant | undefined {
  if (!isPlainInstant(text, from, to)) return undefined;
  return to - from === wholeLength
    ? `${text.slice(from, to - 1)}.000Z`
    : (text.slice(from, to) as Instant);
}

/** Whether plainInstant gives one. Usage comes by the million: this makes no Date, and no text. */
export function isPlainInstant(text: string, from: number, to: number): boolean {
  const isWhole = to - from === wholeLength;
  if (!isWhole && to - from !== exactLength) return false;
  const year = yearAt(text, from);
  const month = twoDigits(text, from + 5);
  const day = twoDigits(text, from + 8);
  if (!(year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) {
    return false;
  }
  const isTime =
    twoDigits(text, from + 11) <= 23 &&
    twoDigits(text, from + 14) <= 59 &&
    twoDigits(text, from + 17) <= 59;
  const isMarked =
    text.charCodeAt(from + 4) === dash &&
    text.charCodeAt(from + 7) === dash &&
    text.charCodeAt(from + 10) === letterT &&
    text.charCodeAt(from + 13) === colon &&
    text.charCodeAt(from + 16) === colon &&
    text.charCodeAt(to - 1) === letterZ;
  const isFraction =
    isWhole ||
    (text.charCodeAt(from + 19) === point &&
      twoDigits(text, from + 20) >= 0 &&
      twoDigits(text, from + 21) >= 0);
  return isTime && isMarked && isFraction;
}

const wholeLength = '2025-01-01T00:00:00Z'.length;
const exactLength = '2025-01-01T00:00:00.000Z'.length;
const [dash, letterT, colon, letterZ, point] = [45, 84, 58, 90, 46];
const zeroDigit = 48;

/** Of an instant that stands there; NaN where there are not four digits. */
export const yearAt = (text: string, from: number): number =>
  twoDigits(text, from) * 100 + twoDigits(text, from + 2);

/** NaN where there are not two digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zeroDigit;
  const ones = text.charCodeAt(at + 1) - zeroDigit;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** As parseInstant, for text that is known to name one. */
export function instant(text: string): Instant {
  const parsed = parseInstant(text);
  invariant(parsed !== undefined, `an RFC 3339 instant: ${text}`);
  return parsed;
}

export const isOnHour = (at: Instant): boolean => at.endsWith(':00:00.000Z');

const [firstYear, lastYear] = [2000, 2100];

/** All that may be billed (billing rule 2). */
export const billable: Interval = {
  startingAt: `${String(firstYear)}-01-01T00:00:00.000Z`,
  endingBefore: `${String(lastYear + 1)}-01-01T00:00:00.000Z`,
};

export const isBillable = (at: Instant): boolean => isBillableYear(yearAt(at, 0));

export const isBillableYear = (year: number): boolean => year >= firstYear && year <= lastYear;

/** The hour that the instant lies in, by its start. */
export const hourOf = (at: Instant): Instant => `${at.slice(0, 13)}:00:00.000Z`;

/** The UTC month that the instant lies in, by its start. */
export const monthOf = (at: Instant): Instant => `${at.slice(0, 7)}-01T00:00:00.000Z`;

/** The UTC day that the instant lies in, by its start. */
export const dayOf = (at: Instant): Instant => `${at.slice(0, 10)}T00:00:00.000Z`;

export const addHours = (at: Instant, hours: number): Instant => fromMs(toMs(at) + hours * hourMs);

/** The same day and time that many months on, or the month's last day where it has no such day. */
export function addMonths(at: Instant, months: number): Instant {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay));
  return fromMs(midnight + toMs(at) - toMs(dayOf(at)));
}

/**
 * The anchor moved by that many steps of the frequency; always counted from the anchor (billing
 * rule 3).
 */
export const boundary = (anchor: Instant, frequency: Frequency, step: number): Instant =>
  frequency === 'WEEKLY'
    ? addHours(anchor, step * 7 * 24)
    : addMonths(anchor, step * monthsOf[frequency]);

/**
 * The step of the period that holds an instant at or after the anchor: boundary(step) <= at <
 * boundary(step + 1).
 */
export function stepAt(anchor: Instant, frequency: Frequency, at: Instant): number {
  invariant(at >= anchor, 'periods are counted from the anchor on');
  if (frequency === 'WEEKLY') return Math.floor((toMs(at) - toMs(anchor)) / (7 * dayMs));
  const step = Math.floor((monthIndex(at) - monthIndex(anchor)) / monthsOf[frequency]);
  return boundary(anchor, frequency, step) > at ? step - 1 : step;
}

export const earliest = (a: Instant, b: Instant | null): Instant => (b === null || a <= b ? a : b);

export const latest = (a: Instant, b: Instant): Instant => (a >= b ? a : b);

/** A stretch of the UTC calendar. */
export type Window = 'HOUR' | 'DAY' | 'MONTH';

/** The UTC hour, day or month that the instant lies in. */
export function windowAt(at: Instant, window: Window): Interval {
  switch (window) {
    case 'HOUR':
      return { startingAt: hourOf(at), endingBefore: addHours(hourOf(at), 1) };
    case 'DAY':
      return { startingAt: dayOf(at), endingBefore: addHours(dayOf(at), 24) };
    case 'MONTH':
      return { startingAt: monthOf(at), endingBefore: addMonths(monthOf(at), 1) };
  }
}

/**
 * The part of the interval that lies in the other; where there is none, its end is not after its
 * start.
 */
export const clip = (interval: Interval, to: Interval): Interval => ({
  startingAt: latest(interval.startingAt, to.startingAt),
  endingBefore: earliest(interval.endingBefore, to.endingBefore),
});

export const covers = (interval: OpenInterval, at: Instant): boolean =>
  interval.startingAt <= at && (interval.endingBefore === null || at < interval.endingBefore);

export const overlap = (a: OpenInterval, b: OpenInterval): boolean =>
  (b.endingBefore === null || a.startingAt < b.endingBefore) &&
  (a.endingBefore === null || b.startingAt < a.endingBefore);

const toMs = (at: Instant): number => Date.parse(at);

const fromMs = (ms: number): Instant => new Date(Math.min(ms, lastMs)).toISOString() as Instant;

const monthIndex = (at: Instant): number => Number(at.slice(0, 4)) * 12 + Number(at.slice(5, 7));

function utcMs(year: number, month: number, day: number): number | undefined {
  const ms = Date.UTC(year, month - 1, day);
  const date = new Date(ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 999
    ? ms
    : undefined;
}
