import { giveWay } from '../give-way.ts';
import { present } from '../kernel/invariant.ts';
import { besides, createTree, type Digest } from '../kernel/merkle.ts';

/** Some milliseconds of work. */
export const leavesAtOnce = 1024;

/** As rootOf, of any number of leaves: others have their turn meanwhile. */
export async function rootOfMany(leaves: readonly Digest[]): Promise<Digest | null> {
  const tree = createTree();
  for (const [index, leaf] of leaves.entries()) {
    if (index % leavesAtOnce === 0) await giveWay();
    tree.add(leaf);
  }
  return tree.root();
}

/** From the leaf at the index up: the digests that it is joined with on the way to the root. */
export async function pathOf(leaves: readonly Digest[], index: number): Promise<readonly Digest[]> {
  const path: Digest[] = [];
  for (const [from, end] of besides(leaves.length, index)) {
    path.push(present(await rootOfMany(leaves.slice(from, end)), 'there are leaves beside it'));
  }
  return path;
}
