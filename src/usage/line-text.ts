import { type UsageLine } from './events.ts';

/** A usage line to record: its key, its UTC month ("2024-10"), and its canonical JSON. */
export type WrittenLine = { readonly key: string; readonly month: string; readonly text: string };

/**
 * A line's canonical JSON (sorted keys), as the log keeps it: every line of the flood is written
 * here once, and nowhere else.
 */
export const lineText = ({
  transactionId,
  eventType,
  timestamp,
  properties,
}: UsageLine): string =>
  isInOrder(properties)
    ? JSON.stringify({ eventType, properties, timestamp, transactionId })
    : `{"eventType":${JSON.stringify(eventType)},"properties":${propertiesText(properties)},` +
      `"timestamp":"${timestamp}","transactionId":${JSON.stringify(transactionId)}}`;

/** The canonical JSON of properties. */
export function propertiesText(properties: UsageLine['properties']): string {
  if (isInOrder(properties)) return JSON.stringify(properties);
  const pairs = Object.keys(properties)
    .sort(byCodeUnits)
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(properties[name])}`);
  return `{${pairs.join(',')}}`;
}

/** The canonical JSON of a UsageRecorded of these lines, without its type. */
export const recordedText = (key: string, lines: readonly string[]): string =>
  `{"key":${JSON.stringify(key)},"lines":[${lines.join(',')}]}`;

/** Names that look like indices stand first in an object, in the order of numbers. */
function isInOrder(properties: UsageLine['properties']): boolean {
  let before: string | undefined;
  for (const name in properties) {
    if (before !== undefined && name <= before) return false;
    before = name;
  }
  return true;
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : 1);
