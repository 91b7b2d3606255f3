import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customerIdByAlias, customersByIds, listCustomers } from '../../projections/customers.ts';
import { customerCreated } from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { runs } from '../support/places.ts';
import { recorded } from '../support/recorded.ts';

const { folded } = useStores(openMain);

const words = [
  'a',
  'B',
  'b',
  'Z',
  '_',
  '-',
  ' a',
  'a b',
  'ab',
  'É',
  'é',
  'e\u0301',
  'ä',
  'ß',
  'ss',
];
const rareWords = ['日本', 'ı', 'İ', 'i', '\uffee', '😀', '\0', '\x01', '\x01\x01', '\x02', 'a\0b'];

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** They are no text, but JSON can hold them. */
const halfPairs = ['\ud800', '\ud801', 'a\udfff', '\udc00\ud800'];

describe('text in a store', () => {
  const all = [...words, ...rareWords];

  it('is in the order of its bytes, and compares so', async () => {
    const { reader } = await folded(recorded(customerCreated('cus_1', { ingestAliases: all })));
    const aliases = reader.selectFrom('customer_alias').select('alias').orderBy('alias');
    const sorted = all.toSorted(byBytes);
    expect((await aliases.execute()).map(({ alias }) => alias)).toEqual(sorted);
    for (const [index, word] of sorted.entries()) {
      const after = await aliases.where('alias', '>', word).execute();
      expect(after.map(({ alias }) => alias)).toEqual(sorted.slice(index + 1));
    }
  });

  it('is found as it is, and only as it is', async () => {
    const found = [...all, ...halfPairs];
    const { reader } = await folded(
      recorded(
        ...found.map((word, index) =>
          customerCreated(`cus_${String(index)}`, { ingestAliases: [word] }),
        ),
      ),
    );
    for (const [index, word] of found.entries()) {
      expect(await customerIdByAlias(reader, word)).toBe(`cus_${String(index)}`);
    }
    for (const word of ['A', '\x01\x02', 'a\x01\x01b', 'SS', '\ud802', '\ufffd', '\x01\u3400']) {
      expect(await customerIdByAlias(reader, word)).toBeUndefined();
    }
  });

  it('is shown and searched by the rest of it, where a part is no text', async () => {
    const named = customerCreated('cus_1', { name: 'Caf\ud83d "Nord"' });
    const { reader } = await folded(recorded(named));
    const customer = (await customersByIds(reader, ['cus_1'])).get('cus_1');
    expect(customer).toMatchObject({ name: 'Caf\ufffd "Nord"' });
    const page = { first: 1, after: null };
    expect((await listCustomers(reader, 'f\ufffd "nord"', page)).totalCount).toBe(1);
  });

  it('comes back as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 9 }),
        fc.string({ unit: fc.constantFrom('\x01', '\x02', '\\', "'", '"', '%', 'x') }),
        async (aliases, name) => {
          const ingestAliases = [...new Set(aliases)];
          const event = customerCreated('cus_1', { name, ingestAliases });
          const { reader } = await folded(recorded(event));
          const customer = (await customersByIds(reader, ['cus_1'])).get('cus_1');
          expect(customer).toMatchObject({ name, ingestAliases });
          // SQLite's LIKE looks no further than NUL.
          if (ingestAliases.join(name).includes('\0')) return;
          const page = { first: 1, after: null };
          for (const part of [name, ...ingestAliases]) {
            expect((await listCustomers(reader, part, page)).totalCount).toBe(1);
          }
        },
      ),
      { numRuns: runs(30) },
    );
  });
});

describe('a number in a store', () => {
  it('is one, however far the log has come', async () => {
    const position = BigInt(Number.MAX_SAFE_INTEGER) - 5n;
    const [event] = recorded(customerCreated('cus_1'));
    const store = await folded([{ ...event, position }] as ReturnType<typeof recorded>);
    expect(await store.progress()).toMatchObject({ position, lastEvent: { position } });
    const rows = await store.reader.selectFrom('customer').select('position').execute();
    expect(rows).toEqual([{ position: Number(position) }]);
  });
});
