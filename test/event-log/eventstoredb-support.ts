import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import {
  Unavailable,
  type Appended,
  type EventLog,
  type ExpectedRevision,
  type NewEvent,
} from '../../src/application/ports.ts';
import { openEventStoreLog, type EventStoreTimeouts } from '../../src/event-log/eventstoredb.ts';
import {
  startEventStoreDouble,
  type DoubleOptions,
  type EventStoreDouble,
} from '../support/eventstore-double.ts';

export const quick: EventStoreTimeouts = { appendMs: 800, readMs: 800, quietMs: 400 };

/** A double, stopped after the test. */
export async function double(options?: DoubleOptions): Promise<EventStoreDouble> {
  const started = await startEventStoreDouble(options);
  onTestFinished(() => {
    started.stop();
  });
  return started;
}

/** Timeouts that nothing is meant to run into. */
export const patient: EventStoreTimeouts = { appendMs: 9000, readMs: 9000, quietMs: 60_000 };

/** A log with short timeouts, closed after the test. */
export function openLog(url: string, timeouts: Partial<EventStoreTimeouts> = {}): EventLog {
  const log = openEventStoreLog({ url, timeouts: { ...quick, ...timeouts } });
  onTestFinished(() => log.close());
  return log;
}

/** Sends the identical append until its outcome is known. */
export async function insist(
  log: EventLog,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Appended> {
  for (;;) {
    try {
      return await log.append(stream, expected, events);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await delay(30);
    }
  }
}

/** What came of the call, and after how long. */
export async function timed(
  call: Promise<unknown>,
): Promise<{ readonly error: unknown; readonly ms: number }> {
  const started = performance.now();
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, ms: performance.now() - started };
}
