import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { listProducts } from '../../projections/catalog.ts';
import {
  decodeCursor,
  encodeCursor,
  InvalidCursor,
  type Page,
  type PageRequest,
} from '../../projections/page.ts';
import { productCreated } from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded } from '../support/recorded.ts';

const { folded } = useStores(openMain);
const key = z.tuple([z.string(), z.number()]);

describe('a cursor', () => {
  it('gives back the key it was made of', () => {
    expect(decodeCursor('list', key, encodeCursor('list', ['a"é\n', 7]))).toEqual(['a"é\n', 7]);
    expect(decodeCursor('list', key, null)).toBeNull();
  });

  it('may stand in an address', () => {
    expect(encodeCursor('list', ['???>>>', 1])).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['of another list', encodeCursor('other', ['a', 7])],
    ['with a key of another shape', encodeCursor('list', [7, 'a'])],
    ['with too long a key', encodeCursor('list', ['a', 7, 7])],
    ['with half a character', Buffer.from('["list","\\ud800",7]').toString('base64url')],
    ['with NUL', encodeCursor('list', ['\u0000', 7])],
    ['that is empty', ''],
    ['that is garbage', 'garbage'],
    ['of other JSON', Buffer.from('{"list":1}').toString('base64url')],
  ])('%s is refused', (_name, cursor) => {
    expect(() => decodeCursor('list', key, cursor)).toThrow(InvalidCursor);
  });
});

/** All nodes, page by page, and the sizes of the pages. */
async function walk<Node>(first: number, read: (page: PageRequest) => Promise<Page<Node>>) {
  const nodes: Node[] = [];
  const sizes: number[] = [];
  for (let after: string | null = null; ;) {
    const page: Page<Node> = await read({ first, after });
    nodes.push(...page.edges.map((edge) => edge.node));
    sizes.push(page.edges.length);
    expect(page.hasPreviousPage).toBe(after !== null);
    if (!page.hasNextPage) return { nodes, sizes };
    after = page.edges.at(-1)?.cursor ?? null;
  }
}

describe('paging', () => {
  it('gives the whole list once, in full pages, whatever their size', async () => {
    const ids = Array.from({ length: 23 }, (_, index) => `prd_${String(index)}`);
    const { reader } = await folded(recorded(...ids.map(productCreated)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (first) => {
        const { nodes, sizes } = await walk(first, (page) => listProducts(reader, page));
        expect(nodes.map((product) => product.productId)).toEqual(ids);
        expect(sizes.slice(0, -1).every((size) => size === first)).toBe(true);
        expect(sizes.at(-1)).toBeGreaterThan(0);
      }),
      { numRuns: 30 },
    );
  });
});
