import { refuse } from '../kernel/decider.ts';
import { type Biller } from './biller.ts';
import { type PaygoClock } from './clock.ts';
import { type Engine } from './engine.ts';
import { NotCounted, TimedOut, type Billing, type EventLog } from './ports.ts';

const catchUpMs = 600_000;

/**
 * Moves the test clock through every due instant on the way, so that each invoice is issued when it
 * was due.
 */
export const timeCommands = (
  log: EventLog,
  clock: PaygoClock,
  billing: Billing,
  biller: Biller,
): Pick<Engine, 'advanceTestClock'> => ({
  async advanceTestClock({ to }, by) {
    if (!clock.isTestClock) return refuse('no_test_clock', []);
    if (to < clock.now()) return refuse('clock_going_back', ['to'], clock.now());
    for (;;) {
      await billing.waitFor(await log.head(), catchUpMs);
      await biller.run();
      if (clock.now() >= to) break;
      const due = await billing.nextDueAt(clock.now());
      const moved = await clock.advance(due !== null && due < to ? due : to, by);
      if ('refused' in moved) return moved;
    }
    try {
      await biller.publishRest();
    } catch (error) {
      throw error instanceof NotCounted ? new TimedOut(error.message, true) : error;
    }
    return { result: { now: clock.now() }, position: await log.head() };
  },
});
