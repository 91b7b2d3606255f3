import { hash } from 'node:crypto';
import { type EventReference, type StoredTexts } from './recorded.ts';

/** A digest, as 64 hexadecimal digits. */
export type Digest = string;

export type StoredEvent = EventReference & { readonly id: string; readonly stored: StoredTexts };

/**
 * The digest of an event as it is stored, in its place: the same in every copy of the log. It is
 * SHA-256 of a zero byte and the canonical JSON of the event, whose data and metadata are taken as
 * they are.
 */
export function leafOf({ stream, revision, id, stored }: StoredEvent): Digest {
  const { type, data, metadata } = stored;
  const text =
    `{"data":${data},"id":${JSON.stringify(id)},"metadata":${metadata},` +
    `"revision":${String(revision)},"stream":${JSON.stringify(stream)},` +
    `"type":${JSON.stringify(type)}}`;
  return hash('sha256', `\0${text}`, 'hex');
}

/** SHA-256 of a byte that is one, and both digests. */
function nodeOf(left: Digest, right: Digest): Digest {
  return hash('sha256', Buffer.from(`01${left}${right}`, 'hex'), 'hex');
}

/** A tree of the shape of RFC 6962, leaf by leaf. */
export type Tree = {
  readonly add: (leaf: Digest) => void;
  /** null: it has no leaves. */
  root(): Digest | null;
};

export function createTree(): Tree {
  // Of the full trees that the leaves come to, by their height, which differ.
  const full: (Digest | null)[] = [];
  return {
    add(leaf) {
      let node = leaf;
      let height = 0;
      for (let left = full[height]; typeof left === 'string'; left = full[height]) {
        node = nodeOf(left, node);
        full[height] = null;
        height += 1;
      }
      full[height] = node;
    },
    root: () =>
      full.reduce(
        (right, left) => (left === null || right === null ? (left ?? right) : nodeOf(left, right)),
        null,
      ),
  };
}

/** The root of the leaves' tree; null: there are none. */
export function rootOf(leaves: readonly Digest[]): Digest | null {
  const tree = createTree();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

/** From a leaf up: where the leaves under each digest that it is joined with begin and end. */
export function besides(size: number, index: number): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let width = 1, at = index; width < size; width *= 2, at = Math.floor(at / 2)) {
    const from = (at % 2 === 0 ? at + 1 : at - 1) * width;
    if (from < size) found.push([from, Math.min(from + width, size)]);
  }
  return found;
}

/** Where a leaf stands among how many, and what it is joined with on the way to the root. */
export type Inclusion = {
  readonly index: number;
  readonly size: number;
  readonly path: readonly Digest[];
};

/** The root of the tree that has this leaf there; null: the path is too short or too long. */
export function rootFrom(leaf: Digest, { index, size, path }: Inclusion): Digest | null {
  if (!(index >= 0 && index < size)) return null;
  const rest = [...path];
  let digest = leaf;
  let at = index;
  for (let width = size; width > 1; width = Math.ceil(width / 2)) {
    const isLeft = at % 2 === 0;
    if (!isLeft || at + 1 < width) {
      const sibling = rest.shift();
      if (sibling === undefined) return null;
      digest = isLeft ? nodeOf(digest, sibling) : nodeOf(sibling, digest);
    }
    at = Math.floor(at / 2);
  }
  return rest.length === 0 ? digest : null;
}
