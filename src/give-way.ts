/** So long a turn may be before others get theirs. */
const longestTurnMs = 8;

const waiting: (() => void)[] = [];
let turnBegan = -Infinity;

/**
 * Between two parts of long work, each of some milliseconds: once this thread has worked for so
 * long, or others wait here too, everything else gets its turn first. A log in this process answers
 * at once, so that nothing else would until all of it is read.
 */
export async function giveWay(): Promise<void> {
  if (waiting.length === 0 && Math.abs(performance.now() - turnBegan) < longestTurnMs) return;
  await new Promise<void>((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(nextTurn);
  });
}

/** One of those who wait works at a time, in the order in which they came. */
function nextTurn(): void {
  turnBegan = performance.now();
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(nextTurn);
}
