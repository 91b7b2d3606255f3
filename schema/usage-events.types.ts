import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import type { RecordedLine } from '../projections/recorded-lines.ts';
import type { UsageConflict as ConflictRow } from '../projections/usage-conflicts.ts';
import { type Place } from '../projections/usage-measured.ts';
import type { PassedOverUsage as PassedOverRow } from '../projections/usage-passed-over.ts';
import type { UsageTrace as TraceRow } from '../projections/usage-trace.ts';
import type { WaitingUsage } from '../projections/usage-waiting.ts';
import { connectionOf } from './paging.ts';
import { DateTimeScalar, JSONObjectScalar, LogPositionScalar, SafeIntScalar } from './scalars.ts';

@ObjectType({
  description: 'One usage event, as it was recorded. customerId is the id or alias that was sent.',
})
export class UsageEvent {
  @Field(() => ID)
  transactionId: string;
  @Field(() => String)
  customerId: string;
  @Field(() => String)
  eventType: string;
  @Field(() => DateTimeScalar)
  timestamp: Instant;
  @Field(() => JSONObjectScalar)
  properties: Readonly<Record<string, unknown>>;
  @Field(() => LogPositionScalar, {
    description: 'Of the domain event that recorded it, together with the others of its batch.',
  })
  position: bigint;
  @Field(() => DateTimeScalar)
  recordedAt: Instant;
}

export const usageEventNode = ({ key, usage, position, recordedAt }: RecordedLine): UsageEvent => ({
  transactionId: usage.transactionId,
  customerId: key,
  eventType: usage.eventType,
  timestamp: usage.timestamp,
  properties: usage.properties,
  position: BigInt(position),
  recordedAt,
});

export const UsageFate = {
  COUNTED: 'COUNTED',
  UNRATED: 'UNRATED',
  UNCLAIMED: 'UNCLAIMED',
  DUPLICATE: 'DUPLICATE',
  CONFLICT: 'CONFLICT',
  PENDING: 'PENDING',
} as const;
registerEnumType(UsageFate, {
  name: 'UsageFate',
  description: 'What became of a usage event.',
  valuesConfig: {
    COUNTED: { description: 'A contract bills it: it is in the figures of its invoices.' },
    UNRATED: { description: 'No contract, rate or entitlement bills it, or no metric counts it.' },
    UNCLAIMED: { description: 'Nobody holds its key yet.' },
    DUPLICATE: { description: 'Its transactionId was recorded before, with the same content.' },
    CONFLICT: { description: 'Its transactionId was recorded before, with other content.' },
    PENDING: { description: 'Recorded, and not folded by the read models yet.' },
  },
});

@ObjectType({ description: 'One recording of a transactionId, and what became of it.' })
export class UsageTrace {
  @Field(() => UsageEvent)
  event: UsageEvent;
  @Field(() => UsageFate)
  fate: keyof typeof UsageFate;
  customerId: string | null;
  invoiceIds: readonly string[];
  countedBy: readonly string[];
  passedOverBy: readonly string[];
}

export const usageTraceNode = ({ recorded, ...trace }: TraceRow): UsageTrace => ({
  ...trace,
  event: usageEventNode(recorded),
});

@ObjectType({
  description:
    'A transactionId that was recorded again with another owner, type, instant or properties. The first one counts.',
})
export class UsageConflict {
  @Field(() => ID)
  transactionId: string;
  first: Place;
  repeat: Place;
}

export const usageConflictNode = (row: ConflictRow): UsageConflict => ({ ...row });

@ObjectType({ description: 'Usage under a key that nobody holds: it waits to be claimed.' })
export class UnclaimedUsage {
  @Field(() => String, { description: 'The key, as it was sent: no id, and no alias, of anybody.' })
  customerId: string;
  @Field(() => SafeIntScalar, { description: 'How many events wait; repeats are not counted.' })
  events: number;
  @Field(() => DateTimeScalar)
  firstRecordedAt: Instant;
  @Field(() => DateTimeScalar)
  lastRecordedAt: Instant;
}

export const unclaimedUsageNode = ({ key, ...row }: WaitingUsage): UnclaimedUsage => ({
  customerId: key,
  ...row,
});

export const PassedOverReason = { NO_PROPERTY: 'NO_PROPERTY', NO_DECIMAL: 'NO_DECIMAL' } as const;
registerEnumType(PassedOverReason, {
  name: 'PassedOverReason',
  description: 'Why a metric cannot use an event that it sees.',
  valuesConfig: {
    NO_PROPERTY: { description: 'The event does not have the aggregation property.' },
    NO_DECIMAL: { description: 'The aggregation property is no decimal number.' },
  },
});

@ObjectType({ description: 'An event that a metric sees and does not count.' })
export class PassedOverUsage {
  @Field(() => UsageEvent)
  event: UsageEvent;
  @Field(() => PassedOverReason)
  reason: keyof typeof PassedOverReason;
}

export const passedOverNode = ({ recorded, reason }: PassedOverRow): PassedOverUsage => ({
  event: usageEventNode(recorded),
  reason,
});

export const UsageEventConnection = connectionOf(UsageEvent, 'UsageEvent', { counted: false });
export const UsageConflictConnection = connectionOf(UsageConflict, 'UsageConflict', {
  counted: false,
});
export const UnclaimedUsageConnection = connectionOf(UnclaimedUsage, 'UnclaimedUsage', {
  counted: false,
});
export const PassedOverUsageConnection = connectionOf(PassedOverUsage, 'PassedOverUsage', {
  counted: false,
});
