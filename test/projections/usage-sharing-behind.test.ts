import { describe, expect, it } from 'vitest';
import { countedThrough } from '../../projections/usage-behind.ts';
import { storeKind } from '../support/places.ts';
import { metricCreated, usage, used } from '../support/usage-log.ts';
import {
  everyShare,
  finish,
  logWith,
  openShares,
  useProcesses,
  useSharedStores,
} from '../support/usage-sharing.ts';

const shared = useSharedStores(1);
const start = useProcesses();

const uses = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) =>
    usage('c1', used(`t${String(from + n)}`, '2024-10-05T10:00:00Z', 1)),
  );

describe.skipIf(storeKind === 'sqlite')('a new metric where processes share usage', () => {
  it('counts earlier usage while the log goes on, and the log goes on meanwhile', async () => {
    await shared.store(0).reset();
    const log = await logWith([...uses(0, 20), metricCreated('SUM'), ...uses(20, 40)]);
    const shares = openShares();
    const held = everyShare.map((share) => shares.take(share));
    const process = start(log, shared.store(0), held, 2);
    const { reader } = shared.store(0);
    const places: [folded: number, counted: number][] = [];
    for (let turn = 0; turn < 500 && process.projector.position() < 40; turn += 1) {
      await process.step();
      const counted = (await countedThrough(reader, ['met_SUM'])).get('met_SUM');
      if (counted !== undefined) places.push([process.projector.position(), Number(counted)]);
    }
    const half = places.find(([folded]) => folded >= 31);
    expect(half?.[1]).toBeGreaterThan(4);
    expect(half?.[1]).toBeLessThan(20);
    await finish(log, [process]);
    expect(await countedThrough(reader, ['met_SUM'])).toEqual(new Map([['met_SUM', 41n]]));
  });
});
