import { sql } from 'kysely';
import { z } from 'zod';
import { isWellFormed } from '../src/kernel/names.ts';

/** Forward paging: up to `first` nodes that come after the cursor. */
export type PageRequest = { readonly first: number; readonly after: string | null };

export type Edge<Node> = { readonly cursor: string; readonly node: Node };

export type Page<Node> = {
  readonly edges: readonly Edge<Node>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
  /** What the next page comes after, where that is not the last edge. */
  readonly endCursor?: string;
};

/** The cursor is garbage, or of another connection. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

type KeyPart = string | number;

/** Opaque text that finds a node's place in its connection again. */
export const encodeCursor = (connection: string, key: readonly KeyPart[]): string =>
  Buffer.from(JSON.stringify([connection, ...key])).toString('base64url');

/** The key in a cursor of that connection, null when there is no cursor. Throws InvalidCursor. */
export function decodeCursor<Key extends readonly KeyPart[]>(
  connection: string,
  key: z.ZodType<Key>,
  cursor: string | null,
): Key | null {
  if (cursor === null) return null;
  const [of, ...parts] = cursorParts.safeParse(jsonIn(cursor)).data ?? [];
  const parsed = key.safeParse(parts);
  const isStorable = parts.every((part) => typeof part !== 'string' || isWellFormed(part));
  if (of !== connection || !parsed.success || !isStorable)
    throw new InvalidCursor('not a cursor of this list');
  return parsed.data;
}

/** The page of rows that were read in order, after the cursor, one more than asked for. */
export function pageOf<Row, Node>(
  rows: readonly Row[],
  { first, after }: PageRequest,
  totalCount: number,
  toEdge: (row: Row) => Edge<Node>,
): Page<Node> {
  return {
    edges: rows.slice(0, first).map(toEdge),
    hasNextPage: rows.length > first,
    hasPreviousPage: after !== null,
    totalCount,
  };
}

/** An instant in a cursor's key. */
export const instantPart = z.templateLiteral([z.string(), 'Z']);

/** For a page's totalCount. */
export const countAll = sql<number>`count(*)`.as('count');

const cursorParts = z.array(z.unknown());

function jsonIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}
