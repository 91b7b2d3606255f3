import { type BillableMetricCreated } from '../src/catalog/events.ts';
import { type PeriodClosed } from '../src/contracts/events.ts';
import { type CustomerCreated, type IngestAliasesSet } from '../src/customers/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { decimal, printDecimal } from '../src/kernel/decimal.ts';
import { type GroupKey } from '../src/usage/groups.ts';
import { type Tally } from '../src/usage/metering.ts';

/** What changes whose usage is, what is late, or what is counted. */
export type Change = BillableMetricCreated | CustomerCreated | IngestAliasesSet | PeriodClosed;

/** Where the log holds a usage line. */
export type Place = { readonly position: number; readonly line: number };

/** A transactionId, where the log has it. */
export type Arrival = Place & { readonly transactionId: string };

/**
 * What a stretch of the log comes to before it is known whose it is: plain JSON. Usage between the
 * same two changes is one run.
 */
export type Measured = {
  readonly changes: readonly PlacedChange[];
  readonly runs: readonly MeasuredRun[];
  readonly marks: readonly StreamMark[];
  /** When all events of the stretch were recorded, those that count nothing among them. */
  readonly times: readonly MeasuredTime[];
};

/** The latest instant at which any of so many events, through that position, was recorded. */
export type MeasuredTime = {
  readonly through: number;
  readonly recordedAt: Instant;
  readonly events: number;
};

/** A stretch of a key's stream of usage, or what is measured of it. */
export type StreamMark = {
  readonly key: string;
  readonly stream: string;
  /** Where the stretch begins. */
  readonly revision: number;
  /** Of the first event in it. */
  readonly position: number;
  /** Of the last. */
  readonly through: number;
  /** The least instant of usage in it, and the greatest. */
  readonly firstAt: Instant;
  readonly lastAt: Instant;
};

export type PlacedChange = {
  readonly position: number;
  readonly recordedAt: Instant;
  readonly event: Change;
};

export type MeasuredRun = {
  /** How many of the stretch's changes stand before it. */
  readonly after: number;
  readonly series: readonly MeasuredSeries[];
  readonly passedOver: readonly PassedOver[];
  readonly keys: readonly MeasuredKey[];
  readonly repeats: readonly NotedRepeat[];
};

/** How many lines of the event at a position a metric saw and could not use. */
export type PassedOver = readonly [metricId: string, position: number, events: number];

/** How much usage came under a key, counted or not. */
export type MeasuredKey = {
  readonly key: string;
  readonly events: number;
  readonly firstPosition: number;
  readonly firstRecordedAt: Instant;
  readonly lastPosition: number;
  readonly lastRecordedAt: Instant;
};

/** What one key's usage adds to the hours of a metric. */
export type MeasuredSeries = {
  readonly metricId: string;
  readonly key: string;
  readonly groupKey: GroupKey;
  readonly hours: readonly MeasuredHour[];
};

export type MeasuredHour = readonly [
  window: Instant,
  tally: TallyText,
  /** When the last of it was recorded. */
  recordedAt: Instant,
];

/** A line whose transactionId the log held before. */
export type NotedRepeat = Place & {
  readonly transactionId: string;
  readonly key: string;
  readonly first: Place & { readonly key: string };
  readonly sameContent: boolean;
};

/** A tally with its decimals as text, and its values as pairs. */
export type TallyText =
  | { readonly aggregation: 'COUNT' | 'SUM'; readonly total: string }
  | { readonly aggregation: 'MAX'; readonly value: string; readonly at: Instant }
  | {
      readonly aggregation: 'LATEST';
      readonly value: string;
      readonly at: Instant;
      readonly order: string;
    }
  | {
      readonly aggregation: 'UNIQUE';
      readonly firstAt: readonly (readonly [value: string, at: Instant])[];
    };

export function writeTally(tally: Tally): TallyText {
  switch (tally.aggregation) {
    case 'COUNT':
    case 'SUM':
      return { aggregation: tally.aggregation, total: printDecimal(tally.total) };
    case 'MAX':
    case 'LATEST':
      return { ...tally, value: printDecimal(tally.value) };
    case 'UNIQUE':
      return { aggregation: 'UNIQUE', firstAt: [...tally.firstAt] };
  }
}

export function readTally(text: TallyText): Tally {
  switch (text.aggregation) {
    case 'COUNT':
    case 'SUM':
      return { aggregation: text.aggregation, total: decimal(text.total) };
    case 'MAX':
    case 'LATEST':
      return { ...text, value: decimal(text.value) };
    case 'UNIQUE':
      return { aggregation: 'UNIQUE', firstAt: new Map(text.firstAt) };
  }
}
