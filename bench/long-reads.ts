import { encodeCursor } from '../projections/page.ts';
import { createClient } from '../test/support/client.ts';
import { type Lab } from './bench.ts';
import { openLine, postOf } from './http-line.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import { type Billed } from './long-account.ts';

/** What is asked of a server whose log is long. */
export type LongReads = {
  readonly url: string;
  readonly largest: Billed;
  readonly small: Billed;
  /** Of usage of the largest customer. */
  readonly someIds: readonly string[];
  readonly lastPosition: bigint;
};

type Question = { readonly query: string; readonly variables: object };
type Kind = { readonly times: number; readonly question: (at: number) => Question };

const drafts = 2000;
const traces = 500;
const pages = 50;
/** Of each question, whatever it takes. */
const mostMs = 30_000;
/** Of each, before those that count. */
const warmUps = 10;
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
    for (const [name, kind] of Object.entries(kinds)) {
      lab.passing(name);
      const latencies = await timesOf(ask, kind);
      lab.read(
        { name: `${name}, p50`, unit: 'ms', value: latencies.p50 },
        { name: `${name}, p99`, unit: 'ms', value: latencies.p99 },
      );
    }
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

async function timesOf(ask: Ask, { times, question }: Kind): Promise<Latencies> {
  const endsAt = performance.now() + mostMs;
  const taken: number[] = [];
  for (let at = 0; at < warmUps + times && performance.now() < endsAt; at += 1) {
    const ms = await ask(question(at));
    if (at >= warmUps) taken.push(ms);
  }
  return latenciesOf(taken);
}

type Ask = {
  /** How long the whole answer takes, ms. Throws when it tells of an error. */
  (question: Question): Promise<number>;
  readonly close: () => void;
};

const nothing = /^\{"data":\{"\w+":null/;

function asking(url: string): Ask {
  const target = new URL(url);
  const line = openLine(target);
  const ask = async (question: Question): Promise<number> => {
    const request = postOf(target, '/graphql', 'application/json', JSON.stringify(question));
    const sentAt = performance.now();
    const { status, body } = await line.ask(request);
    const taken = performance.now() - sentAt;
    if (status !== 200 || body.includes('"errors":[') || nothing.test(body)) {
      throw new Error(`${question.query}: ${body.slice(0, 500)}`);
    }
    return taken;
  };
  return Object.assign(ask, { close: line.close });
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
