import { type Instant } from '../kernel/calendar.ts';
import { fingerprint } from '../kernel/ids.ts';

export type PropertyValue = string | number | boolean;

/** One usage event, as it was sent. */
export type UsageLine = {
  readonly transactionId: string;
  readonly eventType: string;
  readonly timestamp: Instant;
  readonly properties: Readonly<Record<string, PropertyValue>>;
};

/**
 * Usage of one key and UTC month that was recorded together. A line is addressed by (stream,
 * revision, index).
 */
export type UsageRecorded = {
  readonly type: 'UsageRecorded';
  /** A customer's id or ingest alias, as it was sent. */
  readonly key: string;
  readonly lines: readonly UsageLine[];
};

export type UsageEvent = UsageRecorded;

export const usageStreamPrefix = 'usage-';

/** The stream of a key, by its fingerprint, and UTC month ("2024-10"). */
export const usageStreamOf = (keyHash: string, month: string): string =>
  `${usageStreamPrefix}${keyHash}-${month.slice(0, 4)}${month.slice(5, 7)}`;

/** The stream of a key and the UTC month of an instant. */
export const usageStream = (key: string, timestamp: Instant): string =>
  usageStreamOf(fingerprint(key), timestamp);
