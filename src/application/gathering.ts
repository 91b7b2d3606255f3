/** Has work done for those who ask at about the same time together, one run after the other. */
export type Gathering = {
  /** The work is done once more, soon. */
  readonly ask: () => void;
  /** Whether somebody waits for a run that has not begun. */
  isAsked(): boolean;
};

/** So long, at most, a run waits for as much as the one before was for. */
const longestDelayMs = 20;

/** What took less is as well done once more. */
const shortestDelayMs = 4;

/** What is less of it than that does not wait: it is something else. */
const leastPart = 1 / 8;

/**
 * The work begins with what comes in the same turn. Where the run before it was for more, it waits
 * for as much, for no longer than that run took: those who were told at one time ask again at about
 * one time. The work must not throw. amount: how much there is to do.
 */
export function createGathering(work: () => Promise<void>, amount: () => number): Gathering {
  let asked = 0;
  let amountBefore = 0;
  let tookMs = 0;
  let isRunning = false;
  let delay: NodeJS.Timeout | undefined;
  let next: NodeJS.Immediate | undefined;

  function schedule(): void {
    if (isRunning || next !== undefined) return;
    const part = amount() / amountBefore;
    const delayMs = part < 1 && part >= leastPart ? Math.min(tookMs, longestDelayMs) : 0;
    if (delayMs >= shortestDelayMs) delay ??= setTimeout(begin, delayMs);
    else {
      clearTimeout(delay);
      next = setImmediate(begin);
    }
  }

  function begin(): void {
    delay = undefined;
    next = undefined;
    isRunning = true;
    amountBefore = amount();
    asked = 0;
    void run(performance.now());
  }

  async function run(startedAt: number): Promise<void> {
    await work();
    tookMs = performance.now() - startedAt;
    isRunning = false;
    if (asked > 0) schedule();
  }

  return {
    ask() {
      asked += 1;
      schedule();
    },
    isAsked: () => asked > 0,
  };
}
