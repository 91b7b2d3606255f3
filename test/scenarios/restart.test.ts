import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepared, walkEnv, walkTo } from '../support/crash-walk.ts';
import { advance, invoiceFields, logReaches, mutate, textOf } from '../support/crash.ts';
import { refusedStart, spawnPaygo, startHere, temporaryFolder } from '../support/paygo.ts';

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;

const everything = `{ clock { now isTestClock } customers { totalCount nodes { id name } }
  products { nodes { id name } } invoices(first: 200) { nodes { ${invoiceFields} position } } }`;

const startEnv = { PAYGO_TEST_CLOCK: '2024-03-01T00:00:00Z' };

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

describe('a server that starts', () => {
  let folder: Folder;

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(() => folder.remove());

  const starting = (env: Readonly<Record<string, string>>) =>
    spawn(process.execPath, ['dist/main.mjs'], {
      env: { PATH: process.env['PATH'], PAYGO_DATA_DIR: folder.path, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  it('says where its data lies, where its clock stands, and how long it waits', async () => {
    const server = starting({ PAYGO_GRACE_HOURS: '6', ...startEnv });
    const exited = once(server, 'exit');
    const lines: Record<string, unknown>[] = [];
    for await (const line of createInterface({ input: server.stdout })) {
      lines.push(JSON.parse(line) as Record<string, unknown>);
      // npm passes on what the terminal has sent to every process of the group.
      if (lines.at(-1)?.['api'] !== undefined) for (const _time of [1, 2]) server.kill('SIGINT');
    }
    expect(await exited).toEqual([0, null]);
    const said = lines.filter(({ readModels }) => readModels !== undefined);
    const { path } = folder;
    expect(said).toMatchObject([
      {
        log: path,
        readModels: path,
        clock: 'test',
        now: '2024-03-01T00:00:00.000Z',
        graceHours: 6,
      },
    ]);
  }, 30_000);

  it('ends with 0 when it is asked to before it is ready', async () => {
    const server = starting(startEnv);
    const exited = once(server, 'exit');
    await once(server.stdout, 'data');
    server.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
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
        errors:
          `paygo cannot start: the data folder ${data} is in use by another process: ` +
          'stop the server that has it open, or ask that server over HTTP\n',
      });
    } finally {
      await first.stop();
    }
  }, 30_000);

  it('when its data folder is none', async () => {
    const file = `${folder.path}/file`;
    await writeFile(file, '');
    for (const data of [file, `${file}/below`]) {
      expect(await refusedStart(data)).toEqual({
        code: 1,
        errors: `paygo cannot start: PAYGO_DATA_DIR: ${data} is no folder\n`,
      });
    }
  }, 30_000);

  it('when its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    try {
      const { code, errors } = await refusedStart(`${folder.path}/port`, { PORT: port });
      expect({ code, errors }).toEqual({
        code: 1,
        errors: `paygo cannot start: PORT: ${port} is in use\n`,
      });
    } finally {
      other.close();
    }
  }, 30_000);
});
