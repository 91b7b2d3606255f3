import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { createClient } from '../test/support/client.ts';
import { createAudited, recordAudited, type Audited } from './audit-account.ts';
import { type Bench, type Lab } from './bench.ts';
import { asking, readAnswers, type Question } from './questions.ts';
import { serveFolder, type Served } from './served.ts';

const defaultEvents = 1_000_000;
const briefEvents = 200_000;
const fewEvents = 10_000;
const linesPerEvent = 100;
/** Within the month that the usage is of. */
const now = '2025-02-28T23:59:00Z';
const afterwards = '2025-03-02T00:00:00Z';
const often = 200;
const seldom = 50;
const auditorsAtOnce = 4;

export const auditQuestions: Bench = {
  name: 'audit-questions',
  about: `auditors' questions over HTTP, about a month of --events usage events (${String(defaultEvents)})`,
  async run(lab) {
    const asked = lab.events ?? (lab.isBrief ? briefEvents : defaultEvents);
    const events = Math.ceil(asked / linesPerEvent) * linesPerEvent;
    const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
    const large: Audited = { key: 'cust-large@example.com', events, someIds: [] };
    const small: Audited = { key: 'cust-small@example.com', events: fewEvents, someIds: [] };
    const customers = [large, small];
    const patienceSeconds = 60 + events / 10_000;
    const serve = () => serveFolder(folder, { now, patienceSeconds });
    try {
      const first = await serve();
      await createAudited(
        first.url,
        customers.map(({ key }) => key),
      ).finally(first.stop);
      const before = await record(lab, folder, customers);
      const served = await serve();
      try {
        await readAll(lab, served, customers, before);
      } finally {
        await served.stop();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

/** The log's last position then. */
async function record(lab: Lab, folder: string, customers: readonly Audited[]): Promise<bigint> {
  const log = openSqliteLog({ folder });
  try {
    await recordAudited(log, customers, (events) => {
      lab.passing(`recording: ${String(events)}`);
    });
    return await log.head();
  } finally {
    await log.close();
  }
}

type Line = { readonly id: string; readonly name: string; readonly startingAt: string };
type Month = { readonly id: string; readonly lineItems: readonly Line[] };

async function readAll(
  lab: Lab,
  { url, cpuSeconds }: Served,
  customers: readonly Audited[],
  before: bigint,
): Promise<void> {
  lab.passing('finalizing');
  const client = createClient(`${url}/graphql`);
  await client.ask('mutation ($to: DateTime!) { advanceTestClock(to: $to) { clock { now } } }', {
    to: afterwards,
  });
  const monthOf = async ({ key }: Audited): Promise<Month> => {
    const { customer } = await client.ask<{ customer: { invoices: { nodes: Month[] } } }>(
      `query ($key: String!) { customer: customerByIngestAlias(ingestAlias: $key) {
        invoices(filter: { statuses: [FINALIZED] }) { nodes { id lineItems { id name startingAt } } } } }`,
      { key },
    );
    const [month] = customer.invoices.nodes;
    if (month === undefined) throw new Error(`the month of ${key} is not final`);
    return month;
  };
  const [large, small] = customers;
  if (large === undefined || small === undefined) throw new Error('there are two of them');
  const months = { large: await monthOf(large), small: await monthOf(small) };
  lab.note(
    `${String(large.events)} usage events of one customer and ${String(small.events)} of another in ` +
      `one month, ${String(linesPerEvent)} together; pages of 100, an answer's last byte included`,
  );
  const lineOf = firstPages(months.large);
  const proof = (audited: Audited, { id }: Month) => ({
    times: seldom,
    question: (at: number) => proofOf(id, audited.someIds[at % audited.someIds.length] ?? ''),
  });
  const asOf = { position: String(before) };
  const asker = asking(url);
  try {
    const kinds = {
      'explainLineItem, from the month’s start': lineOf('Emails', 'first'),
      'explainLineItem, from mid-month': lineOf('Emails', 'last'),
      'explainLineItem, of 1 in 1,000': lineOf('Reports', 'first'),
      'invoice asOf, of 10,000': {
        times: seldom,
        question: () => ({ query: past, variables: { id: months.small.id, asOf } }),
      },
      'usageProof, of 10,000': proof(small, months.small),
      'usageProof, of all': proof(large, months.large),
    };
    await readAnswers(lab, asker, kinds, cpuSeconds);
    await besideReplays(url, months.large, () =>
      readAnswers(lab, asker, {
        'anything else, beside replays of all': { times: often, question: () => anything },
      }),
    );
  } finally {
    asker.close();
  }
}

/** Does the work while the month is replayed, several times at once and again and again. */
async function besideReplays(url: string, { id }: Month, work: () => Promise<void>): Promise<void> {
  const ended = new AbortController();
  const auditors = Array.from({ length: auditorsAtOnce }, async () => {
    const asker = asking(url);
    const replay = { query: replayOf, variables: { id } };
    while (!ended.signal.aborted) await asker(replay);
    asker.close();
  });
  try {
    await work();
  } finally {
    ended.abort();
    await Promise.all(auditors);
  }
}

const replayOf = 'query ($id: ID!) { replayInvoice(id: $id) { matches } }';
const anything: Question = { query: '{ clock { now } }', variables: {} };

const past =
  'query ($id: ID!, $asOf: AsOfInput!) { invoice(id: $id, asOf: $asOf) { status position total { amount } lineItems { quantity } } }';
const explain =
  'query ($id: ID!, $line: ID!) { explainLineItem(invoiceId: $id, lineItemId: $line) { arithmetic pricedBy { position } usage(first: 100) { nodes { transactionId timestamp properties position } pageInfo { hasNextPage endCursor } } } }';

const proofOf = (id: string, transaction: string): Question => ({
  query:
    'query ($id: ID!, $transaction: ID!) { usageProof(invoiceId: $id, transactionId: $transaction) { root leafIndex treeSize path batch { data } invoice { digest } } }',
  variables: { id, transaction },
});

/** The first page of a line, the product's first or last in the month. */
const firstPages = (month: Month) => (name: string, which: 'first' | 'last') => {
  const lines = month.lineItems
    .filter((line) => line.name === name)
    .sort((a, b) => (a.startingAt < b.startingAt ? -1 : 1));
  const line = lines.at(which === 'first' ? 0 : -1);
  if (line === undefined) throw new Error(`the month has no line of ${name}`);
  return {
    times: often,
    question: (): Question => ({ query: explain, variables: { id: month.id, line: line.id } }),
  };
};
