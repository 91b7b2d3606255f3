import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../projections/store.ts';
import { hasIds, keepIds, placesOf } from '../../projections/usage-ids.ts';
import { type Arrival, type Place } from '../../projections/usage-measured.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { present } from '../../src/kernel/invariant.ts';
import { discard, newFolder, placeOf, runs, storeKind } from '../support/places.ts';
import { keptIds, runSizes } from '../support/usage-ids.ts';
import { logOf } from '../support/usage-log.ts';

const folder = newFolder();
let open: Store<UsageTables> | undefined;
const store = (): Store<UsageTables> => present(open, 'opened before the tests');

async function reopen(): Promise<void> {
  await open?.close();
  const projections = [usageProjection(logOf(() => []))];
  open = await openStore<UsageTables>({ ...placeOf(folder), name: 'usage', projections });
}

beforeAll(reopen);
afterAll(async () => {
  await store().close();
  await discard(folder);
});

class Undone extends Error {}

const keep = (arrivals: readonly Arrival[], undo = false) =>
  store()
    .writer.transaction()
    .execute(async (db) => {
      const repeats = await keepIds(arrivals, db);
      if (undo) throw new Undone();
      return repeats;
    });

/** What a list of all that came says. */
function reference() {
  const kept = new Map<string, Place>();
  return {
    kept,
    keep(arrivals: readonly Arrival[]): ReadonlyMap<number, Place> {
      const repeats = new Map<number, Place>();
      arrivals.forEach(({ transactionId, ...place }, index) => {
        const first = kept.get(transactionId);
        if (first === undefined) kept.set(transactionId, place);
        else repeats.set(index, first);
      });
      return repeats;
    },
  };
}

const uuidOf = (number: number): string =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

/** Few of each kind, so that they come again; neighbours in every way of writing an id. */
const id = fc.oneof(
  fc.nat({ max: 60 }).map(uuidOf),
  fc.uuid(),
  fc.nat({ max: 30 }).map((number) => uuidOf(number).toUpperCase()),
  fc.nat({ max: 30 }).map((number) => uuidOf(number).replaceAll('-', '')),
  fc.nat({ max: 30 }).map((number) => `${uuidOf(number).slice(0, 35)}g`),
  fc.constantFrom('a', 'b', 'ab', 'ba', 'a\u0001', 'ä', '💶', 'x'.repeat(128), '\u00001', '"'),
  fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
);

type Step = {
  readonly ids: readonly string[];
  readonly then: 'goes on' | 'is undone' | 'starts again';
};

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    ids: fc.array(id, { maxLength: 20 }),
    then: fc.constantFrom('goes on', 'goes on', 'goes on', 'is undone', 'starts again'),
  }),
  { maxLength: 30 },
);

const withPlaces = (ids: readonly string[], position: number): Arrival[] =>
  ids.map((transactionId, line) => ({
    transactionId: transactionId.replaceAll('\0', '0'),
    position,
    line,
  }));

const sorted = (ids: Iterable<Arrival>): Arrival[] =>
  [...ids].sort((a, b) => a.position - b.position || a.line - b.line);

const held = (kept: ReadonlyMap<string, Place>): Arrival[] =>
  sorted(Array.from(kept, ([transactionId, place]) => ({ transactionId, ...place })));

describe('the ids that are kept', () => {
  it('are those of a list of all, whatever the batches, the starts and what is undone', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await store().reset();
        expect(await hasIds(store().reader)).toBe(false);
        const expected = reference();
        for (const [index, { ids, then }] of all.entries()) {
          const arrivals = withPlaces(ids, index * 1000 + 2 ** 33);
          if (then === 'is undone') await expect(keep(arrivals, true)).rejects.toThrow(Undone);
          else expect(await keep(arrivals)).toEqual(expected.keep(arrivals));
          if (then === 'starts again' && storeKind === 'sqlite') await reopen();
        }
        expect(sorted(await keptIds(store().reader))).toEqual(held(expected.kept));
        const asked = [...new Set([...expected.kept.keys(), ...all.flatMap(({ ids }) => ids)])];
        const places = await placesOf(asked, store().reader);
        expect(asked.map((_, index) => places.get(index))).toEqual(
          asked.map((one) => expected.kept.get(one)),
        );
        expect(await hasIds(store().reader)).toBe(expected.kept.size > 0);
      }),
      { numRuns: runs(40) },
    );
  }, 60_000);

  it('are not taken for those from before a reset', async () => {
    const one = (transactionId: string): Arrival => ({ transactionId, position: 1, line: 0 });
    await store().reset();
    await keep([one('before')]);
    await reopen();
    expect(await keptIds(store().reader)).toEqual([one('before')]);
    await store().reset();
    await keep([one(uuidOf(1))]);
    expect(await keptIds(store().reader)).toEqual([one(uuidOf(1))]);
  });

  it('are as many as came, in few runs, when many are brought together', async () => {
    await store().reset();
    const expected = reference();
    let serial = 0;
    for (let batch = 0; batch < 90; batch += 1) {
      const ids = Array.from({ length: 700 }, (_, index) => {
        serial += 1;
        // Some come again, from long ago and from just now.
        if (index % 50 === 0) return uuidOf((serial * 7919) % serial);
        return index % 7 === 0 ? `order-${String(serial)}` : uuidOf(serial * 2 ** 20 + serial);
      });
      const arrivals = withPlaces(ids, batch + 1);
      expect(await keep(arrivals)).toEqual(expected.keep(arrivals));
    }
    expect(sorted(await keptIds(store().reader))).toEqual(held(expected.kept));
    if (storeKind !== 'sqlite') return;
    const sizes = await runSizes(store().reader);
    expect(sizes.length).toBeLessThan(80);
    expect(Math.max(...sizes)).toBeGreaterThan(20_000);
  }, 60_000);
});
