import { Field, Int, ObjectType } from 'type-graphql';
import { type Page, type PageRequest } from '../projections/page.ts';
import { edgeError } from './errors.ts';

const largestPage = 1000;

@ObjectType({ description: 'Where a page stands in its connection.' })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage: boolean;
  @Field(() => Boolean)
  hasPreviousPage: boolean;
  @Field(() => String, { nullable: true })
  startCursor: string | null;
  @Field(() => String, { nullable: true })
  endCursor: string | null;
}

export type Connection<Node> = {
  edges: readonly { cursor: string; node: Node }[];
  nodes: readonly Node[];
  pageInfo: PageInfo;
  totalCount: number;
};

type NodeClass<Node> = new () => Node;

/** The types <name>Edge and <name>Connection; `counted` gives them a totalCount. */
export function connectionOf<Node>(
  nodeClass: NodeClass<Node>,
  name: string,
  { counted }: { counted: boolean },
): new () => Connection<Node> {
  @ObjectType(`${name}Edge`, { description: 'An item and its place in the list.' })
  class NodeEdge {
    @Field(() => String)
    cursor: string;
    @Field(() => nodeClass)
    node: Node;
  }
  @ObjectType(`${name}Connection`, { description: 'A page of a list.' })
  class NodeConnection implements Connection<Node> {
    @Field(() => [NodeEdge])
    edges: readonly NodeEdge[];
    @Field(() => [nodeClass])
    nodes: readonly Node[];
    @Field(() => PageInfo)
    pageInfo: PageInfo;
    totalCount: number;
  }
  if (counted) {
    const countField = Field(() => Int, { description: 'Items in the whole list.' });
    countField(NodeConnection.prototype, 'totalCount');
  }
  return NodeConnection;
}

/** The page that the arguments ask for; null or nothing means the default. */
export function pageRequest(
  first: number | null | undefined,
  after: string | null | undefined,
  otherwise: number,
): PageRequest {
  const asked = first ?? otherwise;
  if (asked < 1 || asked > largestPage) {
    throw edgeError('first_out_of_range', ['first'], String(asked));
  }
  return { first: asked, after: after ?? null };
}

export function connection<Row, Node>(
  page: Page<Row>,
  toNode: (row: Row) => Node,
): Connection<Node> {
  const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: toNode(node) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: page.endCursor ?? edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.totalCount,
  };
}

export const emptyPage = { edges: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 };
