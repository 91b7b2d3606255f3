import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { temporaryFolder } from './support.ts';
import { ids } from './support-events.ts';

const script = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url));

/**
 * Runs the script until it has acknowledged that many appends, kills it, and gives all it
 * acknowledged.
 */
async function acknowledgedBeforeKill(folder: string, run: number, count: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', script, folder, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const acknowledged: string[] = [];
  for await (const id of createInterface({ input: child.stdout })) {
    acknowledged.push(id);
    if (acknowledged.length === 1) expect(() => openSqliteLog({ folder })).toThrow('is in use');
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  await exited;
  expect(child.signalCode).toBe('SIGKILL');
  return acknowledged;
}

it('loses nothing it acknowledged when its process is killed, and frees the folder', async () => {
  const folder = temporaryFolder();
  const acknowledged: string[] = [];
  for (const [run, count] of [1, 23, 111].entries()) {
    acknowledged.push(...(await acknowledgedBeforeKill(folder, run, count)));
    const log = openSqliteLog({ folder });
    const { events } = await log.readAll();
    const stored = new Set(ids(events));
    expect(acknowledged.filter((id) => !stored.has(id) || !stored.has(`${id}-x`))).toEqual([]);
    expect(events.filter(({ id }) => id.endsWith('-x'))).toHaveLength(events.length / 2);
    expect(events.map(({ position }) => Number(position))).toEqual(
      events.map((_, index) => index + 1),
    );
    await log.close();
  }
}, 30_000);
