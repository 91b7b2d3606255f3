import { encodeCursor } from '../projections/page.ts';
import { createClient } from '../test/support/client.ts';
import { type Lab } from './bench.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import { type Billed } from './long-account.ts';
import {
  asking,
  mostMs,
  readAnswers,
  warmUps,
  type Ask,
  type Kind,
  type Question,
} from './questions.ts';

/** What is asked of a server whose log is long. */
export type LongReads = {
  readonly url: string;
  readonly largest: Billed;
  readonly small: Billed;
  /** Of usage of the largest customer. */
  readonly someIds: readonly string[];
  readonly lastPosition: bigint;
};

const drafts = 2000;
const traces = 500;
const pages = 50;
/** A server that has just been started first compiles what it does often. */
const warmUpDrafts = 500;

const invoice =
  'query ($id: ID!) { invoice(id: $id) { position total { amount } lineItems { quantity amount { amount } } } }';
const trace =
  'query ($id: ID!) { usageTrace(transactionId: $id) { fate event { position } invoices { id } } }';
const history =
  'query ($id: ID!, $after: String) { billingHistory(customerId: $id, after: $after) { nodes { position type data } pageInfo { endCursor } } }';
const conflicts =
  '{ usageConflicts { nodes { transactionId recorded { position } repeated { position } } } }';

/** Asks one thing at a time over one connection that is kept, and reads how long answers take. */
export async function readLong(lab: Lab, reads: LongReads): Promise<void> {
  const { largest, small, someIds, lastPosition } = reads;
  const ask = asking(reads.url);
  const idAt = (at: number): string => someIds[at % someIds.length] ?? '';
  const middle = (at: number): string => {
    // From one tenth of the log to nine tenths, never the same twice.
    const position =
      lastPosition / 10n + (BigInt(at + 1) * lastPosition * 8n) / BigInt(10 * (warmUps + pages));
    return encodeCursor(`history of ${largest.customerId}`, [String(position)]);
  };
  const historyOf = (after: string | null): Question => ({
    query: history,
    variables: { id: largest.customerId, after },
  });
  const kinds: Readonly<Record<string, Kind>> = {
    'usageTrace of an event': {
      times: Math.min(traces, someIds.length),
      question: (at) => ({ query: trace, variables: { id: idAt(at) } }),
    },
    'usageTrace of no event': {
      times: traces,
      question: (at) => ({ query: trace, variables: { id: `none-${String(at)}` } }),
    },
    'billingHistory, first 100': { times: pages, question: () => historyOf(null) },
    'billingHistory, 100 in the middle': {
      times: pages,
      question: (at) => historyOf(middle(at)),
    },
    'usageConflicts, first 50': {
      times: pages,
      question: () => ({ query: conflicts, variables: {} }),
    },
  };
  try {
    await readDrafts(lab, ask, largest, small);
    await readAnswers(lab, ask, kinds);
  } finally {
    ask.close();
  }
}

/** The two drafts in turn, so that what changes slowly touches both alike. */
async function readDrafts(lab: Lab, ask: Ask, largest: Billed, small: Billed): Promise<void> {
  lab.passing('drafts');
  const of = ({ invoiceId }: Billed): Question => ({
    query: invoice,
    variables: { id: invoiceId },
  });
  const [many, few]: [number[], number[]] = [[], []];
  const endsAt = performance.now() + mostMs;
  for (let at = -warmUpDrafts; at < drafts && performance.now() < endsAt; at += 1) {
    const ofLargest = await ask(of(largest));
    const ofSmall = await ask(of(small));
    if (at < 0) continue;
    many.push(ofLargest);
    few.push(ofSmall);
  }
  const beside = (part: keyof Latencies) => ({
    value: latenciesOf(many)[part],
    beside: { name: 'one with few', value: latenciesOf(few)[part] },
  });
  lab.read(
    { name: 'draft invoice, p50', unit: 'ms', ...beside('p50') },
    { name: 'draft invoice, p99', unit: 'ms', ...beside('p99') },
  );
}

/** Exactly once: the draft has all that was recorded, and nothing that came again. */
export async function checkDraft(
  url: string,
  { invoiceId }: Billed,
  quantity: number,
): Promise<void> {
  const client = createClient(`${url}/graphql`);
  const { invoice: draft } = await client.ask<{
    invoice: { lineItems: readonly { quantity: string }[] };
  }>(invoice, { id: invoiceId });
  const found = draft.lineItems.map((line) => line.quantity).join(', ');
  if (found !== String(quantity)) {
    throw new Error(`the draft has ${found}, recorded were ${String(quantity)}`);
  }
}
