import { isBillable, type Instant } from '../kernel/calendar.ts';
import { isLongerThan, isWellFormed, longestKey } from '../kernel/names.ts';
import {
  InexactNumber,
  type RejectedUsage,
  type UsageInput,
  type UsageRejection,
} from './commands.ts';
import { usageStream, type PropertyValue, type UsageLine, type UsageRecorded } from './events.ts';

/** A usage line and the key that it was sent under. */
export type KeyedLine = { readonly key: string; readonly line: UsageLine };

export type JudgedUsage = {
  /** What is to be recorded, in the order it was sent. */
  readonly lines: readonly KeyedLine[];
  readonly rejected: readonly RejectedUsage[];
};

type Fault = Pick<RejectedUsage, 'reason' | 'message'>;
type Properties = Readonly<Record<string, PropertyValue>>;

const mostProperties = 2000;
const longestPropertyText = 4096;
const mostDigits = 15;
const noProperties: Properties = {};

/**
 * Judges usage events of the right shape one by one by their values: the faulty are rejected alone
 * (billing rule 30).
 */
export function judgeUsage(events: readonly UsageInput[]): JudgedUsage {
  const lines: KeyedLine[] = [];
  const rejected: RejectedUsage[] = [];
  for (const [index, event] of events.entries()) {
    const { transactionId, customerId, eventType, timestamp } = event;
    const fault = eventFault(event);
    if (fault === undefined) {
      // eventFault has looked at each of the properties.
      const properties = (event.properties ?? noProperties) as Properties;
      lines.push({ key: customerId, line: { transactionId, eventType, timestamp, properties } });
    } else {
      rejected.push({
        index,
        transactionId: transactionId === '' ? null : transactionId,
        ...fault,
      });
    }
  }
  return { lines, rejected };
}

/** An event to append, and the stream it goes to. */
export type RecordedLines = readonly [stream: string, event: UsageRecorded];

/** Event stores of before 2025 take appends of up to 1 MiB; the rest is for keys and metadata. */
const mostBytes = 900_000;

/**
 * Events to record, each of one key and UTC month and no larger than every event store takes; lines
 * stay in the order they were sent.
 */
export function groupByStream(lines: readonly KeyedLine[]): readonly RecordedLines[] {
  const groups = new Map<string, { key: string; month: Instant; lines: UsageLine[] }>();
  for (const { key, line } of lines) {
    const group = `${line.timestamp.slice(0, 7)} ${key}`;
    const found = groups.get(group);
    if (found === undefined) groups.set(group, { key, month: line.timestamp, lines: [line] });
    else found.lines.push(line);
  }
  return [...groups.values()].flatMap(({ key, month, lines }) => {
    const stream = usageStream(key, month);
    return cutBySize(lines).map((part): RecordedLines => [
      stream,
      { type: 'UsageRecorded', key, lines: part },
    ]);
  });
}

/** A line that is too large by itself stands alone. */
function cutBySize(lines: readonly UsageLine[]): readonly (readonly UsageLine[])[] {
  if (lines.reduce((sum, line) => sum + atMostBytes(line), 0) <= mostBytes) return [lines];
  const parts: UsageLine[][] = [];
  let open: UsageLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = utf8.encode(JSON.stringify(line)).length + 1;
    if (open.length === 0 || bytes + size > mostBytes) {
      open = [];
      bytes = 0;
      parts.push(open);
    }
    bytes += size;
    open.push(line);
  }
  return parts;
}

const utf8 = new TextEncoder();

/**
 * At least the line's bytes as JSON, for less than it takes to write them: a character is six at
 * most, when it is escaped.
 */
function atMostBytes({ transactionId, eventType, properties }: UsageLine): number {
  let characters = transactionId.length + eventType.length;
  let values = 0;
  for (const name in properties) {
    const value = properties[name];
    characters += name.length + (typeof value === 'string' ? value.length : 0);
    values += 1;
  }
  return 6 * characters + 40 * values + 120;
}

function eventFault({
  transactionId,
  customerId,
  eventType,
  timestamp,
  properties,
}: UsageInput): Fault | undefined {
  if (transactionId === '') return empty('transactionId', 'empty_transaction_id');
  if (isLongerThan(transactionId, longestKey)) {
    return tooLong('transactionId', 'transaction_id_too_long');
  }
  if (!isWellFormed(transactionId)) return broken('transactionId');
  if (customerId === '') return empty('customerId', 'empty_customer_id');
  if (isLongerThan(customerId, longestKey)) return tooLong('customerId', 'customer_id_too_long');
  if (!isWellFormed(customerId)) return broken('customerId');
  if (eventType === '') return empty('eventType', 'empty_event_type');
  if (isLongerThan(eventType, longestKey)) return tooLong('eventType', 'event_type_too_long');
  if (!isWellFormed(eventType)) return broken('eventType');
  if (!isBillable(timestamp)) {
    return {
      reason: 'timestamp_out_of_range',
      message: `timestamp ${timestamp} is outside the years 2000 to 2100: correct it`,
    };
  }
  return properties === null ? undefined : propertiesFault(properties);
}

function propertiesFault(properties: Readonly<Record<string, unknown>>): Fault | undefined {
  let count = 0;
  for (const name in properties) {
    count += 1;
    if (count > mostProperties) {
      return {
        reason: 'too_many_properties',
        message: `properties has more than ${String(mostProperties)} names: send only what is metered`,
      };
    }
    const fault = nameFault(name) ?? valueFault(name, properties[name]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function nameFault(name: string): Fault | undefined {
  if (isLongerThan(name, longestKey))
    return propertyTooLong(`the name of property ${quoted(name)}`, longestKey);
  return isWellFormed(name) ? undefined : broken(`the name of property ${quoted(name)}`);
}

function valueFault(name: string, value: unknown): Fault | undefined {
  switch (typeof value) {
    case 'string':
      if (isLongerThan(value, longestPropertyText)) {
        return propertyTooLong(`property ${quoted(name)}`, longestPropertyText);
      }
      return isWellFormed(value) ? undefined : broken(`property ${quoted(name)}`);
    case 'boolean':
      return undefined;
    case 'number':
      return isExact(value) ? undefined : notExact(name, String(value));
    case 'object':
      return value instanceof InexactNumber ? notExact(name, value.text) : notScalar(name, value);
    case 'undefined':
    case 'bigint':
    case 'symbol':
    case 'function':
      return notScalar(name, value);
  }
}

/**
 * Whether the number's shortest decimal form has at most 15 significant digits, which a double
 * holds faithfully.
 */
const isExact = (value: number): boolean =>
  (Number.isInteger(value) && Math.abs(value) < 1e15) ||
  (Number.isFinite(value) && Number(value.toPrecision(mostDigits)) === value);

const empty = (field: string, reason: UsageRejection): Fault => ({
  reason,
  message: `${field} is empty: send 1 to ${String(longestKey)} characters`,
});

const tooLong = (field: string, reason: UsageRejection): Fault => ({
  reason,
  message: `${field} is longer than ${String(longestKey)} characters: send a shorter one`,
});

const broken = (what: string): Fault => ({
  reason: 'text_not_well_formed',
  message: `${what} has half a surrogate pair or a NUL character: send well-formed Unicode without NUL`,
});

const propertyTooLong = (what: string, characters: number): Fault => ({
  reason: 'property_too_long',
  message: `${what} has more than ${String(characters)} characters: send fewer`,
});

const notExact = (name: string, digits: string): Fault => ({
  reason: 'number_not_exact',
  message: `property ${quoted(name)} is the number ${cut(digits)}, of more than ${String(mostDigits)} significant digits: send it as a string`,
});

const notScalar = (name: string, value: unknown): Fault => ({
  reason: 'property_not_scalar',
  message: `property ${quoted(name)} is ${kindOf(value)}: send a string, a number or a boolean, or leave it out`,
});

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value;
};

const quoted = (name: string): string => JSON.stringify(cut(name));

const cut = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}...` : text);
