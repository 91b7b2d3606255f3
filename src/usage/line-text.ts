import { type UsageLine } from './events.ts';
import { type LineParts } from './line-parts.ts';
import { type KeyedLine } from './recording.ts';

/** A usage line to record. */
export type WrittenLine = {
  readonly key: string;
  /** UTC: "2024-10". */
  readonly month: string;
  /** Canonical JSON, or what it is put together of. */
  readonly text: string | LineParts;
  /** Whether it is known to have no other characters. */
  readonly isAscii: boolean;
};

export const writtenLine = ({ key, line }: KeyedLine): WrittenLine => ({
  key,
  month: line.timestamp.slice(0, 7),
  text: lineText(line),
  isAscii: false,
});

/**
 * A line's canonical JSON (sorted keys), as the log keeps it: every line of the flood is written
 * here once, and nowhere else.
 */
export const lineText = ({ transactionId, eventType, timestamp, properties }: UsageLine): string =>
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

/** How the canonical JSON of a UsageRecorded, without its type, begins; lines and "]}" follow. */
export const recordedOpening = (key: string): string => `{"key":${JSON.stringify(key)},"lines":[`;

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
