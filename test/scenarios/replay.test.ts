import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { everyAnswer } from '../support/replay-answers.ts';
import { historyEnv, makeHistory, type History } from '../support/replay-history.ts';

const raised = vi.hoisted(() => ({ main: 0 }));

vi.mock(import('../../projections/tables.ts'), async (original) => {
  const tables = await original();
  return {
    ...tables,
    get mainProjections() {
      return tables.mainProjections.map((one) => ({ ...one, version: one.version + raised.main }));
    },
  };
});

describe('answers that are folded again from the log', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let history: History;
  let before: readonly string[];
  let server: Running | undefined;

  const readModels = (): string => join(folder.path, 'read-models');
  const files = (): string[] => readdirSync(readModels()).filter((name) => name.endsWith('.db'));

  /** The usage model's file is that of an older version: a thread folds it, which nobody mocks. */
  const age = (version: string): void => {
    for (const name of readdirSync(readModels())) {
      const [, rest] = /^usage-[0-9a-f]{16}(.*)$/.exec(name) ?? [];
      const to = `usage-${version.padStart(16, '0')}${rest ?? ''}`;
      if (rest !== undefined) renameSync(join(readModels(), name), join(readModels(), to));
    }
  };

  const answersAfterStart = async (): Promise<readonly string[]> => {
    server = await startHere(folder.path, historyEnv);
    return everyAnswer(server.url, history);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startHere(folder.path, historyEnv);
    history = await makeHistory(server.client);
    before = await everyAnswer(server.url, history);
    await server.stop();
  }, 60_000);

  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  afterAll(() => folder.remove());

  it('tell of every kind of thing that the history holds', () => {
    const all = before.join('\n');
    for (const told of [
      '"status":"VOID"',
      '"status":"DRAFT"',
      '"type":"LATE_USAGE"',
      '"type":"SCHEDULED"',
      '"source":"OVERRIDE"',
      '"entitled":false',
      '"hasPreviousPage":true',
      '"passedOver":4',
      '"archivedAt":"2024-04-10T00:00:00.000Z"',
    ]) {
      expect(all).toContain(told);
    }
  });

  it('are the same bytes after a restart', async () => {
    expect(await answersAfterStart()).toEqual(before);
  });

  it('are the same bytes when the read models were deleted', async () => {
    rmSync(readModels(), { recursive: true });
    expect(await answersAfterStart()).toEqual(before);
  });

  it('are the same bytes from a new version of each read model, which takes the place of the old', async () => {
    age('1');
    const old = files();
    expect(old).toHaveLength(2);
    raised.main = 1;
    expect(await answersAfterStart()).toEqual(before);
    const now = files();
    expect(now).toHaveLength(2);
    expect(now.filter((name) => old.includes(name))).toEqual([]);
  });

  it('are the same bytes when only one store has a new version', async () => {
    age('2');
    const old = files();
    expect(await answersAfterStart()).toEqual(before);
    expect(files().filter((name) => old.includes(name))).toHaveLength(1);
  });
});
