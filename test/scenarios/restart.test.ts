import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepared, walkEnv, walkTo } from '../support/crash-walk.ts';
import { advance, invoiceFields, logReaches, mutate, textOf } from '../support/crash.ts';
import { refusedStart, spawnPaygo, startHere, temporaryFolder } from '../support/paygo.ts';

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

const everything = `{ clock { now isTestClock } customers { totalCount nodes { id name } }
  products { nodes { id name } } invoices(first: 200) { nodes { ${invoiceFields} position } } }`;

/** What the promise is, and what a busy machine is given. */
const [promisedMs, allowedMs] = [3000, 8000];

describe('a server that is started again', () => {
  let folder: Folder;
  let from: number;

  beforeAll(async () => {
    folder = await temporaryFolder();
    from = await prepared(folder.path);
  });
  afterAll(() => folder.remove());

  it('answers soon, with everything it had, test clock included', async () => {
    const answers: string[] = [];
    for (const _start of [1, 2]) {
      const startedAt = performance.now();
      const server = await spawnPaygo(folder.path, walkEnv);
      try {
        answers.push(await textOf(server.url, everything));
        const tookMs = Math.round(performance.now() - startedAt);
        process.stdout.write(
          `answered ${String(tookMs)} ms after starting; the promise is ${String(promisedMs)} ms on an idle machine\n`,
        );
        expect(tookMs).toBeLessThan(allowedMs);
        expect(await server.terminate()).toBe(0);
      } finally {
        await server.kill();
      }
    }
    expect(answers[1]).toBe(answers[0]);
    // The clock stands where it was moved to, not where the configuration would have it start.
    expect(answers[0]).toContain('"clock":{"now":"2024-02-05T00:00:00.000Z","isTestClock":true}');
    expect(answers[0]).toContain('"totalCount":3');
  }, 30_000);

  it('answers the request under way when it is asked to end, and exits with 0', async () => {
    const server = await spawnPaygo(folder.path, walkEnv);
    try {
      const answer = advance(server.client, walkTo);
      await logReaches(folder.path, from + 10);
      const [code, answered] = await Promise.all([server.terminate(), answer]);
      expect(answered).toEqual({
        advanceTestClock: { clock: { now: '2025-02-05T00:00:00.000Z' } },
      });
      expect(code).toBe(0);
    } finally {
      await server.kill();
    }
  }, 30_000);
});

describe('a server that cannot start says why in one line, and exits with 1', () => {
  let folder: Folder;

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  /** The folder's log, written under a clock. */
  const written = async (path: string, env: Readonly<Record<string, string>>): Promise<string> => {
    const data = `${folder.path}/${path}`;
    const server = await startHere(data, env);
    await mutate(server.client, 'createCustomer', { name: 'Anyone' });
    await server.stop();
    return data;
  };

  it('when its log was written under a test clock, and it has none', async () => {
    const data = await written('test', walkEnv);
    expect(await refusedStart(data)).toEqual({
      code: 1,
      errors:
        'paygo cannot start: this log was written under a test clock, which stands at 2023-12-15T00:00:00.000Z:' +
        ' set PAYGO_TEST_CLOCK, or use another data folder\n',
    });
  }, 30_000);

  it('when its log was written under the real clock, and it has a test clock', async () => {
    const data = await written('real', {});
    expect(await refusedStart(data, walkEnv)).toEqual({
      code: 1,
      errors:
        'paygo cannot start: this log was written under the real clock: unset PAYGO_TEST_CLOCK,' +
        ' or use another data folder\n',
    });
  }, 30_000);

  it('when another process has its data folder', async () => {
    const data = `${folder.path}/shared`;
    const first = await startHere(data);
    try {
      expect(await refusedStart(data)).toEqual({
        code: 1,
        errors: `paygo cannot start: the data folder ${data} is in use by another process\n`,
      });
    } finally {
      await first.stop();
    }
  }, 30_000);

  it('when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    try {
      const { code, errors } = await refusedStart(`${folder.path}/port`, { PORT: port });
      expect(errors).toMatch(
        new RegExp(`^paygo cannot start: .*address already in use.*:${port}.*\n$`),
      );
      expect(code).toBe(1);
    } finally {
      other.close();
    }
  }, 30_000);
});
