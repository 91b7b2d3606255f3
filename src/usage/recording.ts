import { isBillable } from '../kernel/calendar.ts';
import { isLongerThan, isWellFormed, longestKey } from '../kernel/names.ts';
import {
  InexactNumber,
  type RejectedUsage,
  type UsageInput,
  type UsageValueFault,
} from './commands.ts';
import { type UsageLine } from './events.ts';
import { longestPropertyText, mostDigits, mostProperties } from './limits.ts';

/** Why an event is not recorded, and what to do. */
export type UsageFault = Pick<RejectedUsage, 'reason' | 'message'>;

/** A usage line and the key that it was sent under. */
export type KeyedLine = { readonly key: string; readonly line: UsageLine };

/**
 * Judges an event of the right shape by its values (billing rule 30): the line to record, or why it
 * is rejected.
 */
export function judgeUsage(event: UsageInput): KeyedLine | UsageFault {
  const fault = eventFault(event);
  if (fault !== undefined) return fault;
  const { transactionId, customerId, eventType, timestamp } = event;
  // eventFault has looked at each of the properties.
  const properties = (event.properties ?? noProperties) as UsageLine['properties'];
  return { key: customerId, line: { transactionId, eventType, timestamp, properties } };
}

const noProperties = {};

/** An event that is not recorded; null: it has no transactionId that could be read. */
export const rejected = (
  index: number,
  transactionId: string | null,
  fault: UsageFault,
): RejectedUsage => ({
  index,
  transactionId: transactionId === '' ? null : transactionId,
  ...fault,
});

export type JudgedUsage = {
  /** What is to be recorded, in the order it was sent. */
  readonly lines: readonly KeyedLine[];
  readonly rejected: readonly RejectedUsage[];
};

/** Judges the events of one request one by one. */
export function judgeAll(events: readonly UsageInput[]): JudgedUsage {
  const lines: KeyedLine[] = [];
  const faulty: RejectedUsage[] = [];
  for (const [index, event] of events.entries()) {
    const judged = judgeUsage(event);
    if ('line' in judged) lines.push(judged);
    else faulty.push(rejected(index, event.transactionId, judged));
  }
  return { lines, rejected: faulty };
}

function eventFault({
  transactionId,
  customerId,
  eventType,
  timestamp,
  properties,
}: UsageInput): UsageFault | undefined {
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

function propertiesFault(properties: Readonly<Record<string, unknown>>): UsageFault | undefined {
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

function nameFault(name: string): UsageFault | undefined {
  if (isLongerThan(name, longestKey))
    return propertyTooLong(`the name of property ${quoted(name)}`, longestKey);
  return isWellFormed(name) ? undefined : broken(`the name of property ${quoted(name)}`);
}

function valueFault(name: string, value: unknown): UsageFault | undefined {
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

const empty = (field: string, reason: UsageValueFault): UsageFault => ({
  reason,
  message: `${field} is empty: send 1 to ${String(longestKey)} characters`,
});

const tooLong = (field: string, reason: UsageValueFault): UsageFault => ({
  reason,
  message: `${field} is longer than ${String(longestKey)} characters: send a shorter one`,
});

const broken = (what: string): UsageFault => ({
  reason: 'text_not_well_formed',
  message: `${what} has half a surrogate pair or a NUL character: send well-formed Unicode without NUL`,
});

const propertyTooLong = (what: string, characters: number): UsageFault => ({
  reason: 'property_too_long',
  message: `${what} has more than ${String(characters)} characters: send fewer`,
});

const notExact = (name: string, digits: string): UsageFault => ({
  reason: 'number_not_exact',
  message: `property ${quoted(name)} is the number ${cut(digits)}, of more than ${String(mostDigits)} significant digits: send it as a string`,
});

const notScalar = (name: string, value: unknown): UsageFault => ({
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
