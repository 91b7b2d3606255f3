import { type Outcome } from '../src/application/engine.ts';
import { TimedOut } from '../src/application/ports.ts';
import { type Context } from './context.ts';
import { recordedError, refusalError } from './errors.ts';

export const answerWithinMs = 10_000;
const queryWaitsMs = 30_000;

/** The command's result, once the read models include it; prefix leads to the command's input. */
export async function settled<Result>(
  { views, loaders }: Context,
  outcome: Promise<Outcome<Result>>,
  prefix: readonly string[] = ['input'],
): Promise<Result> {
  const done = await outcome.catch((error: unknown) => {
    throw error instanceof TimedOut && error.recorded ? recordedError(error) : error;
  });
  if ('refused' in done) throw refusalError(done.refused, prefix);
  try {
    await views.waitForMain(done.position, answerWithinMs);
  } catch (error) {
    throw recordedError(error);
  }
  loaders.clear();
  return done.result;
}

/**
 * Waits until the read models have reached a position that the caller asks for, and for a moment
 * more for what else was recorded before.
 */
export async function reached(
  { views, loaders }: Context,
  minPosition: bigint | null | undefined,
): Promise<void> {
  if (minPosition !== null && minPosition !== undefined) {
    await views.waitFor(minPosition, queryWaitsMs);
  }
  await views.settle();
  loaders.clear();
}

/** Waits until the metric has counted what was recorded before it (billing rule 13). */
export const counted = ({ views }: Context, metricId: string): Promise<void> =>
  views.waitUntilCounted([metricId], queryWaitsMs);
