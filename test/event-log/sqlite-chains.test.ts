import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { createChains, type Chained, type Chains } from '../../src/event-log/sqlite-chains.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { temporaryFolder } from './support.ts';
import { event } from './support-events.ts';

const [streams, each] = [3, 40];

/** The chains of streams whose events stand in the log in turn. */
async function interleaved(mostHeld?: number) {
  const folder = temporaryFolder();
  const log = openSqliteLog({ folder });
  const names = Array.from({ length: streams }, (_, stream) => `usage-${String(stream)}`);
  for (let revision = 0; revision < each; revision += 1) {
    for (const name of names) {
      await log.append(name, 'any', [event(`${name}-${String(revision)}`)]);
    }
  }
  await log.close();
  const read = { links: 0 };
  const verbose = (): void => void (read.links += 1);
  const db = new Sqlite(join(folder, 'log.db'), { readonly: true, verbose });
  const chained = db
    .prepare<[], Chained>(
      'SELECT id, last_revision AS last, last_position AS lastPosition FROM stream ORDER BY name',
    )
    .all();
  read.links = 0;
  return { chains: createChains(db, mostHeld), chained, read };
}

const placesIn = (chains: Chains, chained: readonly Chained[]): readonly number[] =>
  Array.from({ length: each }, (_, revision) =>
    chained.map((stream) => chains.of(stream).at(revision)),
  ).flat();

const inTurn = Array.from({ length: streams * each }, (_, index) => index + 1);

it('several chains are followed in turn, each once', async () => {
  const { chains, chained, read } = await interleaved();
  expect(placesIn(chains, chained)).toEqual(inTurn);
  expect(read.links).toBe(streams * (each - 1));
});

it('no more is remembered than may be', async () => {
  const { chains, chained, read } = await interleaved(2 * each);
  expect(placesIn(chains, chained)).toEqual(inTurn);
  expect(read.links).toBeGreaterThan(streams * (each - 1));
  read.links = 0;
  placesIn(chains, chained.slice(0, 2));
  expect(read.links).toBeLessThanOrEqual(2 * (each - 1));
});

it('a chain is followed a part at a time', async () => {
  const { chains, chained, read } = await interleaved();
  const [stream] = chained;
  if (stream === undefined) throw new Error('there are streams');
  const chain = chains.of(stream);
  expect(chain.reaches(each - 1, 10)).toBe(true);
  expect(chain.reaches(0, 10)).toBe(false);
  expect(read.links).toBe(10);
  for (let part = 1; part < 3; part += 1) expect(chain.reaches(0, 10)).toBe(false);
  expect(chain.reaches(0, 10)).toBe(true);
  expect(read.links).toBe(each - 1);
  expect(chain.at(0)).toBe(1);
  expect(read.links).toBe(each - 1);
});

it('a chain that has grown is followed back to what is known of it', async () => {
  const { chains, chained, read } = await interleaved();
  const [stream] = chained;
  if (stream === undefined) throw new Error('there are streams');
  const positionOf = (revision: number): number => revision * streams + 1;
  const earlier = { ...stream, last: each - 6, lastPosition: positionOf(each - 6) };
  expect(chains.of(earlier).at(0)).toBe(1);
  read.links = 0;
  expect(chains.of(stream).at(each - 2)).toBe(positionOf(each - 2));
  expect(chains.of(stream).at(3)).toBe(positionOf(3));
  expect(read.links).toBe(4);
});
