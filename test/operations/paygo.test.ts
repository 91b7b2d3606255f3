import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { paygoCommand } from '../../src/operations/paygo-command.ts';
import { event } from '../event-log/support-events.ts';
import { outside, temporaryFolder } from '../support/paygo.ts';
import { called } from './called.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const events = 3000;

beforeAll(async () => {
  folder = await temporaryFolder({ replays: false });
  const log = openSqliteLog({ folder: folder.path });
  const note = 'x'.repeat(1000);
  for (let from = 0; from < events; from += 500) {
    const some = Array.from({ length: 500 }, (_, index) =>
      event(`${String(from + index)} ${note}`),
    );
    await log.append('order-1', 'any', some);
  }
  await log.close();
});
afterAll(() => folder.remove());

const commands = [
  ...['serve', 'demo', 'verify', 'replay', 'verify-proof', 'history', 'export', 'rebuild'],
  'copy-log',
];

describe('paygo', () => {
  it('tells what commands there are, and of each how it is called, with examples', async () => {
    const { code, said } = await called({}, '--help');
    expect(code).toBe(0);
    for (const command of commands) {
      expect(said).toMatch(new RegExp(`^ {2}${command} `, 'm'));
      const help = await called({}, command, '--help');
      expect([help.code, help.said]).toEqual([
        0,
        expect.stringMatching(
          new RegExp(`^Usage: paygo ${command} [^]*Examples:\n {2}paygo ${command}`),
        ),
      ]);
    }
    expect(await called({}, '--version')).toMatchObject({ said: '0.1.0' });
  });

  it('starts other programs, and leaves it to them how they end', async () => {
    const serve = vi.fn(() => Promise.resolve());
    const demo = vi.fn(() => Promise.resolve());
    const call = { say: vi.fn(), complain: vi.fn(), signal: new AbortController().signal };
    expect(await paygoCommand({ ...call, args: ['serve'] }, { serve, demo })).toBeNull();
    expect([serve.mock.calls.length, demo.mock.calls.length]).toEqual([1, 0]);
    expect(await paygoCommand({ ...call, args: ['demo'] }, { serve, demo })).toBeNull();
    expect([serve.mock.calls.length, demo.mock.calls.length]).toEqual([1, 1]);
  });
});

const bin = fileURLToPath(new URL('../../bin/paygo.mjs', import.meta.url));

const environment = () => ({ ...outside(), PAYGO_DATA_DIR: folder.path });

/** As from a shell, in another folder than the checkout. */
const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawn(process.execPath, [bin, ...args], {
    cwd: tmpdir(),
    env: { ...environment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

describe('the program paygo', () => {
  it('runs in any folder, and writes no colours and no progress where nobody watches', async () => {
    const child = start(['export', 'events', '--csv'], { FORCE_COLOR: '1' });
    const exited = once(child, 'exit');
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect([await exited, errors]).toEqual([[0, null], '']);
    expect(output.split('\r\n')).toHaveLength(events + 2);
    expect(output).not.toContain('\u001b');
  }, 60_000);

  it('ends quietly when nobody reads on, and on a signal', async () => {
    const read = start(['export', 'events']);
    const readExit = once(read, 'exit');
    const complaint = text(read.stderr);
    await once(read.stdout, 'data');
    read.stdout.destroy();
    expect([await readExit, await complaint]).toEqual([[141, null], '']);

    const child = start(['export', 'events']);
    const exited = once(child, 'exit');
    const said = text(child.stderr);
    await once(child.stdout, 'data');
    // Its output is full until it is read.
    child.stdout.pause();
    child.kill('SIGINT');
    child.stdout.resume();
    expect([await exited, await said]).toEqual([
      [130, null],
      'paygo: it was ended before it was done\n',
    ]);
  }, 60_000);

  const full = '/dev/full';
  it.each(existsSync(full) ? [3000, 3] : [])(
    'says so when what it writes finds no room on the disk: %i events',
    async (to) => {
      const command = `exec "$@" export events --to ${String(to)} > ${full}`;
      const args = ['-c', command, 'sh', process.execPath, bin];
      const child = spawn('sh', args, { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
      const exited = once(child, 'exit');
      expect([await text(child.stderr), await exited]).toEqual([
        expect.stringMatching(/^paygo: the output cannot be written: ENOSPC.*\n$/),
        [1, null],
      ]);
    },
    60_000,
  );

  it('ends with its own exit code where nobody hears its complaints', async () => {
    const child = start(['export', 'nothing']);
    const exited = once(child, 'exit');
    child.stderr.destroy();
    expect(await exited).toEqual([2, null]);
  }, 60_000);

  it('serves', async () => {
    const server = await temporaryFolder();
    const child = start(['serve'], { PAYGO_DATA_DIR: server.path, PORT: '0' });
    const exited = once(child, 'exit');
    let api: string | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      ({ api } = JSON.parse(line) as { api?: string });
      if (api !== undefined) break;
    }
    child.stdout.resume();
    const health = await fetch(new URL('/health', api));
    expect(health.status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    await server.remove();
  }, 60_000);
});
