import { hash } from 'node:crypto';
import { present } from './invariant.ts';
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

/** The root of the leaves' tree, of the shape of RFC 6962; null: there are none. */
export function rootOf(leaves: readonly Digest[]): Digest | null {
  let level = leaves;
  while (level.length > 1) level = levelAbove(level);
  return level[0] ?? null;
}

/** From the leaf at the index up: the digests that it is joined with on the way to the root. */
export function pathOf(leaves: readonly Digest[], index: number): readonly Digest[] {
  const path: Digest[] = [];
  let level = leaves;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const sibling = level[at % 2 === 0 ? at + 1 : at - 1];
    if (sibling !== undefined) path.push(sibling);
    level = levelAbove(level);
  }
  return path;
}

/** The last one of an odd number is taken up as it is. */
const levelAbove = (level: readonly Digest[]): readonly Digest[] =>
  Array.from({ length: Math.ceil(level.length / 2) }, (_, index) => {
    const left = present(level[2 * index], 'half of an index within');
    const right = level[2 * index + 1];
    return right === undefined ? left : nodeOf(left, right);
  });

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
