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

/** The stream of a key and UTC month. */
export const usageStream = (key: string, timestamp: Instant): string =>
  `${usageStreamPrefix}${fingerprint(key)}-${timestamp.slice(0, 4)}${timestamp.slice(5, 7)}`;
