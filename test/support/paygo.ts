import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { loadConfig } from '../../src/config.ts';
import { startPaygo } from '../../src/paygo.ts';
import { type Connect } from '../../src/read-side.ts';
import { createClient, type Client } from './client.ts';

type Environment = Readonly<Record<string, string>>;

/** A data folder of its own, removed by `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'paygo-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export type Running = { readonly client: Client; readonly url: string; stop(): Promise<void> };

/** The server inside this process: quick to start, on a free loopback port. */
export async function startHere(
  folder: string,
  env: Environment = {},
  connect?: Connect,
): Promise<Running> {
  const config = loadConfig({ PAYGO_DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'error', ...env });
  const paygo = await startPaygo(config, pino({ level: config.logLevel }), connect);
  const url = `${paygo.url}/graphql`;
  return { url, client: createClient(url), stop: () => paygo.close() };
}

export type Spawned = Running & {
  /** Ends the process at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to end, as a service manager would: its exit code; null when a signal ended it. */
  terminate(): Promise<number | null>;
  /** Stops it where it is, as a machine that has no time for it; `thaw` lets it go on. */
  freeze(): void;
  thaw(): void;
};

const spawnMain = (
  folder: string,
  env: Environment,
): ChildProcessByStdio<null, Readable, Readable> =>
  spawn(process.execPath, [main], {
    env: { ...outside(), PAYGO_DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const main = fileURLToPath(new URL('../../dist/main.mjs', import.meta.url));

/** A server that refuses to start: its exit code, and what it writes to its error output. */
export async function refusedStart(
  folder: string,
  env: Environment = {},
  withinMs = 15_000,
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const child = spawnMain(folder, { LOG_LEVEL: 'silent', ...env });
  const givenUp = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  clearTimeout(givenUp);
  return { code: child.exitCode, errors };
}

const readyWithinMs = 90_000;

/** The server as `npm start` runs it, as a process of its own that can be killed. */
export async function spawnPaygo(folder: string, env: Environment = {}): Promise<Spawned> {
  const child = spawnMain(folder, env);
  const givenUp = setTimeout(() => child.kill('SIGKILL'), readyWithinMs);
  const url = await readyUrl(child);
  clearTimeout(givenUp);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    url,
    client: createClient(url),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async terminate() {
      await end('SIGTERM');
      return child.exitCode;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

/** The environment, but for what would configure the server. */
export const outside = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(?:PAYGO_|STRIPE_|EVENTSTORE_URL$|DATABASE_URL$)/.test(name),
    ),
  );

async function readyUrl(child: ReturnType<typeof spawnMain>): Promise<string> {
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  for await (const line of createInterface({ input: child.stdout })) {
    output.push(line);
    const { api, health } = JSON.parse(line) as { api?: string; health?: string };
    const ready = api ?? health;
    if (ready !== undefined) {
      child.stdout.resume();
      return ready;
    }
  }
  throw new Error(`the server did not start:\n${output.join('\n')}`);
}
