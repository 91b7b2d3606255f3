import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { double } from '../event-log/eventstoredb-support.ts';
import { event } from '../event-log/support-events.ts';
import { outside, temporaryFolder } from '../support/paygo.ts';
import { called } from './called.ts';

type Environment = Readonly<Record<string, string>>;

/** The command in this process: its exit code, and what it wrote. */
async function run(env: Environment, ...args: readonly string[]) {
  const { code, said, complained } = await called(env, 'copy-log', ...args);
  return { code, output: linesOf(said), errors: linesOf(complained) };
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

const command = fileURLToPath(new URL('../../bin/paygo.mjs', import.meta.url));

const start = (env: Environment) =>
  spawn(process.execPath, [command, 'copy-log'], {
    env: { ...outside(), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });

/** A folder of its own for what is temporary. */
async function scratchFolder(): Promise<{ readonly path: string; left(): readonly string[] }> {
  const { path, remove } = await temporaryFolder({ replays: false });
  onTestFinished(remove);
  const left = () => readdirSync(path).filter((name) => name.startsWith('paygo-copy-log-'));
  return { path, left };
}

/** A folder with a log of so many events, in turns in two streams. */
async function logFolder(events: number): Promise<string> {
  const { path, remove } = await temporaryFolder({ replays: false });
  onTestFinished(remove);
  const log = openSqliteLog({ folder: path });
  const appends = Array.from({ length: events }, (_, index) =>
    log.append(`order-${String(index % 2)}`, 'any', [event(`e${String(index)}`)]),
  );
  await Promise.all(appends);
  await log.close();
  return path;
}

const nowhere = { EVENTSTORE_URL: 'esdb://admin:secret@127.0.0.1:1?tls=false' };

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('npm run copy-log', () => {
  it('says in one line how it was called wrongly', async () => {
    const folder = await logFolder(1);
    const here = { ...nowhere, PAYGO_DATA_DIR: folder };
    const none = { ...nowhere, PAYGO_DATA_DIR: `${folder}/none` };
    const web = { ...here, EVENTSTORE_URL: 'http://host' };
    const misspelt = { ...here, PAYGO_PREFIX: 'x' };
    for (const [env, args, wrong] of [
      [here, ['--verify'], /unknown option '--verify'/],
      [here, ['all'], /too many arguments/],
      [{ PAYGO_DATA_DIR: folder }, [], /EVENTSTORE_URL: set it/],
      [none, [], /PAYGO_DATA_DIR: there is no event log/],
      [web, [], /EVENTSTORE_URL: must be/],
      [misspelt, [], /PAYGO_PREFIX: there is no such variable/],
    ] as const) {
      const { code, output, errors } = await run(env, ...args);
      expect([code, output]).toEqual([2, []]);
      expect(errors[0]).toMatch(wrong);
    }
    expect(readdirSync(folder)).not.toContain('none');
  });

  it('explains itself', async () => {
    const { code, output } = await run({}, '--help');
    expect(code).toBe(0);
    expect(output.join('\n')).toContain('--verify-only');
  });

  it('says which event store gives no answer, without its password', async () => {
    const { code, errors } = await run({ ...nowhere, PAYGO_DATA_DIR: await logFolder(1) });
    expect(code).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/^paygo: EVENTSTORE_URL: .*cannot be reached.*$/),
    ]);
    expect(errors.join()).not.toContain('secret');
  });

  it('copies no log that a server has open', async () => {
    const folder = await logFolder(1);
    const log = openSqliteLog({ folder });
    onTestFinished(() => log.close());
    const { code, errors } = await run({ ...nowhere, PAYGO_DATA_DIR: folder });
    expect(code).toBe(1);
    expect(errors).toEqual([
      `paygo: the data folder ${folder} is in use by another process: ` +
        'stop the server that has it open, or ask that server over HTTP',
    ]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'copies and verifies, and goes on after it was ended by %s',
    async (signal) => {
      const scratch = await scratchFolder();
      const server = await double();
      const env = {
        PAYGO_DATA_DIR: await logFolder(300),
        EVENTSTORE_URL: server.url,
        PAYGO_STREAM_PREFIX: 'mine-',
      };
      server.faults.replyDelayMs = 4;
      const child = start({ ...env, TMPDIR: scratch.path });
      const [errors] = await Promise.all([
        text(child.stderr),
        once(child, 'exit'),
        (async () => {
          while (server.store.all.length < 40) await delay(2);
          child.kill(signal);
        })(),
      ]);
      if (signal === 'SIGTERM') {
        expect(child.exitCode).toBe(143);
        expect(errors).toContain('call it again to go on');
        expect(scratch.left()).toEqual([]);
      }
      const before = server.store.all.length;
      expect(before).toBeLessThan(300);

      const early = await run(env, '--verify-only');
      expect(early.code).toBe(1);
      expect(early.errors.join()).toContain(`the target ends after ${String(before)} events`);
      expect(server.store.all).toHaveLength(before);

      const { code, output, errors: none } = await run(env);
      expect([code, none]).toEqual([0, []]);
      expect(output).toContain('the logs are the same: 300 events');
      expect(output.at(-1)).toBe('the copy is verified');
      expect(output.find((line) => line.startsWith('copied'))).toMatch(
        new RegExp(`^copied ${String(300 - before)} events \\(.*; ${String(before)} were there`),
      );
      expect(server.store.all).toHaveLength(300);
    },
    30_000,
  );

  it('tells how far it has come, leaves nothing behind, and finds an event that was changed', async () => {
    const scratch = await scratchFolder();
    vi.stubEnv('TMPDIR', scratch.path);
    const server = await double();
    const env = { PAYGO_DATA_DIR: await logFolder(300), EVENTSTORE_URL: server.url };
    server.faults.replyDelayMs = 5;
    const { output } = await run(env);
    const progress = output.filter((line) =>
      /^copying: \d+ events, \d+ events\/s, \d+ %$/.test(line),
    );
    expect(progress).not.toEqual([]);
    expect(scratch.left()).toEqual([]);

    const changed = server.store.all[250];
    if (changed === undefined) throw new Error('there are 300 events');
    Object.assign(changed, { data: Buffer.from('{"note":"changed"}') });
    const { code, errors } = await run(env, '--verify-only');
    expect([code, errors]).toEqual([
      1,
      [
        'paygo: event 251 in log order: SomethingHappened at order-0 125 has another data in the target',
      ],
    ]);
  });
});
