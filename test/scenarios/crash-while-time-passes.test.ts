import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  inFolder,
  prepared,
  toldBy,
  walked,
  walkEnv,
  walkTo,
  type Walked,
} from '../support/crash-walk.ts';
import { advance, logReaches, numbers } from '../support/crash.ts';
import { spawnPaygo, startHere } from '../support/paygo.ts';
import { times } from '../support/stress.ts';

const seed = 20_240_205;
const kills = times(4, 25);

/**
 * Walks, is killed about `kills` times evenly on the way, and walks on to the same instant each
 * time.
 */
async function disturb(folder: string, from: number, steps: number): Promise<number> {
  let interrupted = 0;
  const [offsets, moments] = [numbers(seed, kills, 10), numbers(seed + 1, kills, 3)];
  for (let kill = 0; kill < kills; kill += 1) {
    const position = from + Math.floor((steps * kill) / kills) + (offsets[kill] ?? 0);
    const server = await spawnPaygo(folder, walkEnv);
    const walk = { over: false };
    const walking = advance(server.client, walkTo).then(
      () => (walk.over = true),
      () => false,
    );
    await logReaches(folder, position, walk);
    await sleep(moments[kill]);
    await server.kill();
    if (!(await walking)) interrupted += 1;
  }
  return interrupted;
}

type Invoice = {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly periodEnd: string;
  readonly issuedAt: string | null;
  readonly total: { readonly amount: string };
};

const readInvoices = ({ invoices }: Walked): readonly Invoice[] =>
  (JSON.parse(invoices) as { data: { invoices: { nodes: Invoice[] } } }).data.invoices.nodes;

describe(`a server that is killed again and again while time passes (seed ${String(seed)})`, () => {
  let expected: Walked;
  let actual: Walked;
  let interrupted: number;

  beforeAll(
    async () => {
      const steps = await inFolder(async (folder) => {
        const from = await prepared(folder);
        expected = await walked(await startHere(folder, walkEnv), folder, walkTo);
        return expected.events.length - from;
      });
      await inFolder(async (folder) => {
        interrupted = await disturb(folder, await prepared(folder), steps);
        actual = await walked(await spawnPaygo(folder, walkEnv), folder, walkTo);
      });
    },
    times(120_000, 600_000),
  );

  it('is killed in the middle of it', () => {
    expect(interrupted).toBeGreaterThan(kills / 2);
  });

  it('issues the invoices of an undisturbed run: ids, lines, totals, numbers, dates', () => {
    expect(actual.invoices).toBe(expected.invoices);
  });

  it('records the events of an undisturbed run, and none twice', () => {
    expect(toldBy(actual)).toEqual(toldBy(expected));
  });

  it('bills what each customer used, and each fee once', () => {
    // Early: 12 fees of 10.00 = 120.00, and (1 + 2 + ... + 12 + 2 late) = 80 emails x 0.10 = 8.00:
    // 128.00. Tenth: 12 fees of 7.77 = 93.24; 1 + ... + 5 + 2 late = 17 emails x 0.10 = 1.70, 6 +
    // ... + 12 = 63 emails, from 20 June on, x 0.05 = 3.15: 98.09. Leaving: 1 + ... + 6 + 2 late =
    // 23 emails x 0.10 = 2.30. In all 128.00 + 98.09 + 2.30 = 228.39, and no fee on 1 or 10 January
    // 2025. The void invoice is not counted.
    const cents = readInvoices(actual)
      .filter(({ status }) => status !== 'VOID')
      .map(({ total }) => Number(total.amount.replace('.', '')));
    expect(cents.reduce((sum, one) => sum + one, 0)).toBe(22_839);
  });

  it('issues each invoice at the instant it was due', () => {
    const dueAt = ({ id, type, periodEnd }: Invoice): string => {
      if (type === 'SCHEDULED') return periodEnd;
      // A day after its period's end; the one that was voided on 5 February, a day after that.
      const from = id.endsWith('_1') ? '2024-02-05T00:00:00.000Z' : periodEnd;
      return new Date(Date.parse(from) + 86_400_000).toISOString();
    };
    const issued = readInvoices(actual).filter(({ status }) => status !== 'DRAFT');
    expect(issued.map(({ issuedAt }) => issuedAt)).toEqual(issued.map(dueAt));
  });
});
