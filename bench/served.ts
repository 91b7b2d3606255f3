import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { outside } from '../test/support/paygo.ts';
import { cpuSecondsOf, peakBytes } from './process-figures.ts';

/** The server as `npm start` runs it, on a data folder. */
export type Served = {
  readonly url: string;
  /** From when the process was started until it said that it is well. */
  readonly readySeconds: number;
  /** Until now; null where the system does not tell. */
  readonly cpuSeconds: () => number | null;
  readonly peakBytes: () => number | null;
  readonly stop: () => Promise<void>;
};

const main = fileURLToPath(new URL('../dist/main.mjs', import.meta.url));

type Serving = {
  /** Where a test clock stands; null: the time is the machine's. */
  readonly now: string | null;
  readonly patienceSeconds: number;
};

/** Resolves when /health is answered 200. Throws when the process ends before, or time is up. */
export async function serveFolder(
  folder: string,
  { now, patienceSeconds }: Serving,
): Promise<Served> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main], {
    env: {
      ...outside(),
      ...{ NODE_ENV: 'production', LOG_LEVEL: 'info', PORT: '0' },
      PAYGO_DATA_DIR: folder,
      ...(now === null ? {} : { PAYGO_TEST_CLOCK: now }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await exited;
  };
  const givenUp = setTimeout(() => child.kill('SIGKILL'), patienceSeconds * 1000);
  try {
    const url = await readyUrl(createInterface({ input: child.stdout }));
    child.stdout.resume();
    const { status } = await fetch(`${url}/health`);
    if (status !== 200) throw new Error(`/health is ${String(status)} when the server is ready`);
    const readySeconds = (performance.now() - startedAt) / 1000;
    const pid = child.pid ?? 0;
    return {
      ...{ url, readySeconds, stop },
      cpuSeconds: () => cpuSecondsOf(pid),
      peakBytes: () => peakBytes(pid),
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(givenUp);
  }
}

async function readyUrl(lines: AsyncIterable<string>): Promise<string> {
  const said: string[] = [];
  for await (const line of lines) {
    said.push(line);
    const { api } = JSON.parse(line) as { readonly api?: string };
    if (api !== undefined) return new URL(api).origin;
  }
  throw new Error(`the server did not start:\n${said.join('\n')}`);
}
