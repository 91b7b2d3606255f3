import { parseInstant } from '../kernel/calendar.ts';
import { type UsageInput, type UsageShapeFault } from './commands.ts';
import { type UsageFault } from './recording.ts';

/** A field by its names in JSON. */
const fields = new Map([
  ['transactionId', 'transactionId'],
  ['transaction_id', 'transactionId'],
  ['customerId', 'customerId'],
  ['customer_id', 'customerId'],
  ['eventType', 'eventType'],
  ['event_type', 'eventType'],
  ['timestamp', 'timestamp'],
  ['properties', 'properties'],
]);
const required = ['transactionId', 'customerId', 'eventType', 'timestamp'] as const;

/** An event as far as it could be read. */
export type ShapedUsage =
  | { readonly input: UsageInput }
  | { readonly fault: UsageFault; readonly transactionId: string | null };

/**
 * An event that was sent by itself, from its JSON value: what the schema's types look after
 * elsewhere is judged here (billing rule 30). Takes what they take.
 */
export function shapedUsage(value: unknown): ShapedUsage {
  if (!isObject(value)) return { fault: notAnObject(value), transactionId: null };
  const sent = new Map<string, unknown>();
  let unknownName: string | undefined;
  let twice: string | undefined;
  for (const [name, part] of Object.entries(value)) {
    const field = fields.get(name);
    if (field === undefined) unknownName ??= name;
    else if (sent.has(field)) twice ??= field;
    else sent.set(field, part);
  }
  const transactionId = idOf(sent.get('transactionId'));
  const faulty = (fault: UsageFault): ShapedUsage => ({
    fault,
    transactionId: transactionId ?? null,
  });
  if (unknownName !== undefined) return faulty(unknown(unknownName));
  if (twice !== undefined) return faulty(sentTwice(twice));
  const missing = required.find((field) => (sent.get(field) ?? null) === null);
  if (missing !== undefined) return faulty(isMissing(missing));
  const customerId = sent.get('customerId');
  const eventType = sent.get('eventType');
  const timestamp = sent.get('timestamp');
  const properties = sent.get('properties') ?? null;
  if (transactionId === undefined) return faulty(wrongType('transactionId', 'a string'));
  if (typeof customerId !== 'string') return faulty(wrongType('customerId', 'a string'));
  if (typeof eventType !== 'string') return faulty(wrongType('eventType', 'a string'));
  if (typeof timestamp !== 'string') return faulty(wrongType('timestamp', 'a string'));
  const instant = parseInstant(timestamp);
  if (instant === undefined) return faulty(noInstant(timestamp));
  if (properties !== null && !isObject(properties)) {
    return faulty(wrongType('properties', 'an object'));
  }
  return { input: { transactionId, customerId, eventType, timestamp: instant, properties } };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null) return false;
  // An InexactNumber is an object here, but none in JSON.
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** An id may be sent as a whole number, as in GraphQL. */
function idOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : undefined;
}

const fault = (reason: UsageShapeFault, message: string): UsageFault => ({ reason, message });

const notAnObject = (value: unknown): UsageFault =>
  fault('not_an_object', `the event is ${kindOf(value)}: send a JSON object`);

const unknown = (name: string): UsageFault =>
  fault('field_unknown', `there is no field ${shown(name)}: leave it out, or put it in properties`);

const sentTwice = (field: string): UsageFault =>
  fault('field_twice', `${field} is sent in both spellings: send one of them`);

const isMissing = (field: string): UsageFault =>
  fault('field_required', `${field} is missing or null: send it`);

const wrongType = (field: string, type: string): UsageFault =>
  fault('field_of_wrong_type', `${field} is not ${type}: send ${type}`);

const noInstant = (text: string): UsageFault =>
  fault(
    'timestamp_malformed',
    `timestamp ${shown(text)} is no instant: send RFC 3339 with an offset, like "2024-10-01T00:00:00Z"`,
  );

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a number' : `a ${typeof value}`;
};

const shown = (text: string): string =>
  JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}...` : text);
