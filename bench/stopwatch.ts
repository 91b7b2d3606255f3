import { type Run } from './bench.ts';

/** Measures this process while it works; `work` gives how much was done. */
export async function timed(work: () => Promise<number>): Promise<Run> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const count = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { count, seconds, cpuSeconds: (user + system) / 1e6 };
}

/**
 * Does it again and again, so many at a time, until the time is up and the last has ended; `once`
 * gives how much was done.
 */
export function repeated(
  { seconds, concurrency }: { readonly seconds: number; readonly concurrency: number },
  once: () => Promise<number>,
): Promise<Run> {
  return timed(async () => {
    const end = performance.now() + seconds * 1000;
    let count = 0;
    const line = async (): Promise<void> => {
      while (performance.now() < end) {
        const done = await once();
        count += done;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, line));
    return count;
  });
}
