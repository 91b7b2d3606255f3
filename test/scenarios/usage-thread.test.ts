import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TimedOut, Unavailable } from '../../src/application/ports.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { type FromThread } from '../../src/usage-thread/messages.ts';
import { followThread } from '../../src/usage-thread/thread.ts';
import { mutate, recordUsage } from '../support/crash.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';

const workers: Worker[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

const silent = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() });

const started: FromThread = {
  ...{ type: 'started', position: 3n, goal: 5n, fingerprint: 'of the store' },
};

/** A thread that says these things, and does so when it is told something. */
function threadThat(says: readonly FromThread[], then: string): Worker {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     for (const message of workerData) parentPort.postMessage(message);
     parentPort.on('message', (told) => { ${then} });`,
    { eval: true, workerData: says },
  );
  workers.push(worker);
  return worker;
}

describe('who follows the thread that folds usage', () => {
  it('hears how far it has come, and tells those who wait', async () => {
    let grow: () => void = () => undefined;
    const onAppend = (listener: () => void) => {
      grow = listener;
      return () => undefined;
    };
    const reach = `if (told === 'grown') parentPort.postMessage({ type: 'reached', position: 5n });
      else if (told === 'stop') parentPort.postMessage({ type: 'ended' });`;
    const thread = await followThread(threadThat([started], reach), {
      ...{ log: { onAppend }, logger: silent() },
    });
    expect(thread.position()).toBe(3n);
    expect(thread.fingerprint).toBe('of the store');
    await expect(thread.waitFor(4n, 20)).rejects.toThrow(TimedOut);
    const heard: bigint[] = [];
    thread.onMove((position) => heard.push(position));
    grow();
    await thread.caughtUp();
    expect(heard).toEqual([5n]);
    expect(thread.state()).toEqual({ position: 5n, failed: null });
    const waiting = expect(thread.waitFor(6n, 60_000)).rejects.toThrow('stopped');
    await thread.stop();
    await waiting;
    expect(thread.state().failed).toBeNull();
  });

  it('has it hurry when somebody waits for more, and only then', async () => {
    const reach = `if (told !== 'awaited') throw new Error('nobody has asked');
      parentPort.postMessage({ type: 'reached', position: 5n });`;
    const worker = threadThat([started], reach);
    const thread = await followThread(worker, { log: {}, logger: silent() });
    const told = vi.spyOn(worker, 'postMessage');
    await thread.waitFor(3n, 60_000);
    expect(told).not.toHaveBeenCalled();
    await thread.waitFor(5n, 60_000);
    expect(told.mock.calls).toEqual([['awaited']]);
  });

  it('is told why folding was given up, and what the thread says of it', async () => {
    const said: FromThread = {
      ...{ type: 'said', level: 'error', details: { store: 'usage' }, message: 'it is broken' },
    };
    const logger = silent();
    const failed: FromThread = { type: 'failed', reason: 'the sum is wrong' };
    const worker = threadThat([started, said, failed], '');
    const thread = await followThread(worker, { log: {}, logger });
    await expect(thread.waitFor(4n, 60_000)).rejects.toThrow(Unavailable);
    expect(thread.state()).toEqual({ position: 3n, failed: 'the sum is wrong' });
    expect(logger.error).toHaveBeenCalledWith({ store: 'usage' }, 'it is broken');
  });

  it.each([
    ['throws', "throw new Error('out of its mind');", 'out of its mind'],
    ['ends', 'process.exit(7);', 'the thread that folds usage ended with code 7'],
  ])('is told of a thread that just %s', async (_name, end, reason) => {
    let grow: () => void = () => undefined;
    const onAppend = (listener: () => void) => {
      grow = listener;
      return () => undefined;
    };
    const worker = threadThat([started], end);
    const thread = await followThread(worker, { log: { onAppend }, logger: silent() });
    const waiting = expect(thread.waitFor(4n, 60_000)).rejects.toThrow('folding failed');
    grow();
    await waiting;
    expect(thread.state()).toEqual({ position: 3n, failed: reason });
    await thread.stop();
  });

  it('does not start where the thread cannot', async () => {
    const worker = new Worker("throw new Error('no such folder')", { eval: true });
    await expect(followThread(worker, { log: {}, logger: silent() })).rejects.toThrow(
      'no such folder',
    );
    const gone = new Worker('process.exit(3)', { eval: true });
    await expect(followThread(gone, { log: {}, logger: silent() })).rejects.toThrow('code 3');
  });
});

describe('a server whose usage cannot be folded', () => {
  it('says so in /health, and to those who wait', async () => {
    const folder = await temporaryFolder();
    const server = await startHere(folder.path, { LOG_LEVEL: 'silent' });
    try {
      const customerId = await mutate(server.client, 'createCustomer', { name: 'Any' });
      const health = async (): Promise<Readonly<Record<string, string>>> =>
        (await fetch(new URL('/health', server.url))).json() as Promise<never>;
      await vi.waitFor(async () => {
        const { mainPosition, usagePosition } = await health();
        expect(usagePosition).toBe(mainPosition);
      });
      breakUsageIn(folder.path);
      await recordUsage(server.client, [
        ...[
          {
            transactionId: 't-1',
            customerId,
            eventType: 'work',
            timestamp: '2025-01-10T12:00:00Z',
          },
        ],
      ]);
      await vi.waitFor(async () => {
        expect(await health()).toMatchObject({
          ...{ status: 'failed', reason: expect.stringContaining('usage_metric') as string },
        });
      }, 10_000);
    } finally {
      await server.stop();
      await folder.remove();
    }
  });
});

function breakUsageIn(folder: string): void {
  const models = join(folder, 'read-models');
  const file = readdirSync(models).find((name) => /^usage-\w+\.db$/.test(name)) ?? '';
  const database = new Sqlite(join(models, file));
  database.exec('drop table usage_metric');
  database.close();
}
