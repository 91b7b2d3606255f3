import { type Instant } from '../kernel/calendar.ts';
import { accept, refuse, type Decider } from '../kernel/decider.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { append, handle } from './handle.ts';
import { RevisionConflict, type Caller, type Clock, type EventLog } from './ports.ts';

/**
 * Where the test clock stands: kept in the log, so that a restart and every other process go on
 * there.
 */
export type TestClockAdvanced = { readonly type: 'TestClockAdvanced'; readonly to: Instant };

const clockStream = 'clock';

const testClock: Decider<{ to: Instant }, Instant | null, TestClockAdvanced, 'clock_going_back'> = {
  initial: null,
  decide({ to }, now) {
    if (now !== null && to < now) return refuse('clock_going_back', ['to'], now);
    return to === now ? accept() : accept({ type: 'TestClockAdvanced', to });
  },
  evolve: (_now, event) => event.to,
};

export type PaygoClock = Clock & {
  readonly isTestClock: boolean;
  /** Looks where a test clock stands: another process may have moved it. */
  refresh(): Promise<void>;
  /** Moves a test clock; refused when it would go back. Resolves once the log holds it. */
  advance(
    to: Instant,
    by: Caller,
  ): ReturnType<
    typeof handle<{ to: Instant }, Instant | null, TestClockAdvanced, 'clock_going_back'>
  >;
};

/** What is now to who reads the log: where its test clock stands, or else the machine's time. */
export const timeOf = async (log: Pick<EventLog, 'readStream'>): Promise<Instant> =>
  (await lastAdvance(log))?.to ?? machineTime();

const machineTime = (): Instant => new Date().toISOString() as Instant;

/** The log was written under another kind of clock than the one asked for. */
export class WrongClock extends Error {
  override readonly name = 'WrongClock';
}

/**
 * The machine's clock, or a test clock that starts at an instant, or goes on where the log says it
 * stands.
 */
export async function openClock(log: EventLog, startsAt: Instant | null): Promise<PaygoClock> {
  if (startsAt !== null) return openTestClock(log, startsAt);
  const last = await lastAdvance(log);
  if (last !== undefined) {
    throw new WrongClock(
      `this log was written under a test clock, which stands at ${last.to}: set PAYGO_TEST_CLOCK, or use another data folder`,
    );
  }
  return {
    isTestClock: false,
    now: machineTime,
    refresh: () => Promise.resolve(),
    advance: () => Promise.resolve(refuse('clock_going_back', ['to'])),
  };
}

async function openTestClock(log: EventLog, startsAt: Instant): Promise<PaygoClock> {
  let now = await startTestClock(log, startsAt);
  const reached = (to: Instant): void => {
    if (to > now) now = to;
  };
  return {
    isTestClock: true,
    now: () => now,
    async refresh() {
      reached((await lastAdvance(log))?.to ?? now);
    },
    async advance(to, by) {
      const handled = await handle({ log, clock: { now: () => to } }, testClock, clockStream, by, {
        command: () => ({ to }),
      });
      if (!('refused' in handled)) reached(to);
      return handled;
    },
  };
}

/** Where the test clock stands: where the log says, or at its start, of which the log is told. */
async function startTestClock(log: EventLog, startsAt: Instant): Promise<Instant> {
  // In this order: another process that starts at this moment writes the first event.
  const head = await log.head();
  const last = await lastAdvance(log);
  if (last !== undefined) return last.to;
  if (head > 0n) {
    throw new WrongClock(
      'this log was written under the real clock: unset PAYGO_TEST_CLOCK, or use another data folder',
    );
  }
  const start: TestClockAdvanced = { type: 'TestClockAdvanced', to: startsAt };
  try {
    const clock: Clock = { now: () => startsAt };
    await append({ log, clock }, clockStream, 'no_stream', [start], starter);
    return startsAt;
  } catch (error) {
    if (error instanceof RevisionConflict) return startTestClock(log, startsAt);
    throw error;
  }
}

const starter: Caller = { actor: 'paygo', requestId: 'start' };

async function lastAdvance(
  log: Pick<EventLog, 'readStream'>,
): Promise<TestClockAdvanced | undefined> {
  const [last] = (await log.readStream(clockStream, {
    direction: 'backwards',
    maxCount: 1,
  })) as readonly Recorded<TestClockAdvanced>[];
  return last?.event;
}
