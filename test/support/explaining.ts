import { type World } from './scenario.ts';

/** What explainLineItem answers. */
export type Explanation = {
  readonly lineItem: {
    readonly id: string;
    readonly type: string;
    readonly name: string;
    readonly quantity: string;
    readonly amount: { readonly amount: string };
  };
  readonly pricing: { readonly model: string; readonly unitPrice: string | null };
  readonly source: string;
  readonly pricedBy: readonly {
    readonly type: string;
    readonly stream: string;
    readonly revision: number;
    readonly data: object;
  }[];
  readonly arithmetic: string;
  readonly usage: {
    readonly nodes: readonly {
      readonly transactionId: string;
      readonly properties: Readonly<Record<string, unknown>>;
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
  readonly usageCount: number;
};

export const explanationQuery = `query ($invoice: ID!, $line: ID!, $first: Int, $after: String) {
  explainLineItem(invoiceId: $invoice, lineItemId: $line) {
    lineItem { id type name quantity amount { amount } }
    pricing { model unitPrice } source
    pricedBy { type stream revision data }
    arithmetic usageCount
    usage(first: $first, after: $after) {
      nodes { transactionId properties } pageInfo { hasNextPage endCursor } } } }`;

export async function explain(
  w: Pick<World, 'ask'>,
  invoice: string,
  line: string,
  page: { readonly first?: number; readonly after?: string | null } = {},
): Promise<Explanation | null> {
  const { explainLineItem } = await w.ask<{ explainLineItem: Explanation | null }>(
    explanationQuery,
    { invoice, line, ...page },
  );
  return explainLineItem;
}

/** The explanation of every line of an invoice, zero ones too. */
export async function explainAll(
  w: Pick<World, 'ask'>,
  id: string,
): Promise<readonly Explanation[]> {
  const { invoice } = await w.ask<{ invoice: { lineItems: readonly { id: string }[] } | null }>(
    'query ($id: ID!) { invoice(id: $id) { lineItems(includeZero: true) { id } } }',
    { id },
  );
  const explanations: Explanation[] = [];
  for (const line of invoice?.lineItems ?? []) {
    const explanation = await explain(w, id, line.id, { first: 1000 });
    if (explanation === null) throw new Error(`line ${line.id} is not explained`);
    explanations.push(explanation);
  }
  return explanations;
}

/** `arithmetic`, then the ids of the usage behind it. */
export const told = ({ arithmetic, usage: { nodes } }: Explanation): string =>
  [arithmetic, ...nodes.map(({ transactionId }) => transactionId)].join(' | ');

export const eventOf = ({ type, stream, revision }: Explanation['pricedBy'][number]): string =>
  `${type} ${stream.slice(0, stream.indexOf('-'))} ${String(revision)}`;
