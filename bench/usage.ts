import { randomUUID } from 'node:crypto';
import { type NewEvent } from '../src/application/ports.ts';
import { addHours, instant } from '../src/kernel/calendar.ts';
import { type DomainEvent } from '../src/kernel/recorded.ts';
import { usageStream, type UsageLine, type UsageRecorded } from '../src/usage/events.ts';

/** Usage is spread over the keys of so many customers, where nothing else is said. */
export const manyCustomers = 1000;

export const keyOf = (customer: number): string => `cust-${String(customer)}@example.com`;

export const month = instant('2025-02-01T00:00:00Z');
/** Of the month. */
export const hours = Array.from({ length: 28 * 24 }, (_hour, index) => addHours(month, index));

export const eventType = 'email_sent';

const metadata = {
  version: 1,
  actor: 'bench',
  requestIds: ['5f3c2a90-6d0e-4f57-9a43-0a2b7f1c9e10'],
  recordedAt: instant('2025-02-28T12:00:00Z'),
};

export type Recording = { readonly stream: string; readonly event: UsageRecorded };

/**
 * What one request of so many usage events of one key records. They come in the order of their
 * hours, as those of the present do; each key sends two requests an hour.
 */
export function recordingOf(index: number, lines: number): Recording {
  const hour = Math.floor(index / (2 * manyCustomers)) % hours.length;
  return recordingFor(keyOf(index % manyCustomers), hour, lines);
}

/** So many new usage events of the key, in that hour of the month. */
export function recordingFor(key: string, hour: number, lines: number): Recording {
  const timestamp = hours[hour] ?? month;
  const line = (place: number): UsageLine => ({
    transactionId: randomUUID(),
    eventType,
    timestamp,
    properties: { count: String(place % 10), region: 'us-east-1' },
  });
  const made = Array.from({ length: lines }, (_line, place) => line(place));
  return recordingWith(key, made);
}

export const recordingWith = (key: string, lines: readonly UsageLine[]): Recording => ({
  stream: usageStream(key, month),
  event: { type: 'UsageRecorded', key, lines },
});

export const newEvent = (event: DomainEvent): NewEvent => ({
  id: randomUUID(),
  event,
  metadata,
});

/** Recordings to take one after the other, over and over. */
export function recordings(count: number, lines: number): () => Recording {
  const made = Array.from({ length: count }, (_recording, index) => recordingOf(index, lines));
  let next = 0;
  return () => {
    const recording = made[next % made.length] ?? recordingOf(0, lines);
    next += 1;
    return recording;
  };
}
