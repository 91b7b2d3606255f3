import { setTimeout as delay } from 'node:timers/promises';
import { type Answer } from './client.ts';

/** What came of one request. */
export type Outcome = {
  /** ok, or the code of the error that it was answered with, or `connection`. */
  readonly result: string;
  readonly startedAt: number;
  readonly ms: number;
};

export type Traffic = {
  /** What is sent again and again to one server after another, and what came of it. */
  readonly usage: readonly Outcome[];
  readonly customers: readonly Outcome[];
  /** Transaction ids that were sent, and those that were answered as accepted. */
  readonly sent: readonly string[];
  readonly accepted: readonly string[];
  /** Names of customers that were sent, and the ids that the creation was answered with. */
  readonly named: readonly string[];
  readonly created: ReadonlyMap<string, string>;
  /** Until a request of each kind that was begun from now on has been answered ok. */
  flowsAgain(withinMs: number): Promise<void>;
  /** Sends no more, and waits for what is under way. */
  end(): Promise<void>;
  /** Sends everything again that was not answered ok, until it is. */
  settle(): Promise<void>;
};

type Options = {
  readonly urls: readonly string[];
  readonly customerId: string;
  readonly eventType: string;
  readonly pauseMs?: number;
};

const eventsInRequest = 5;
const givenUpMs = 70_000;

/** Usage, and customers that are created, in a flow of requests one after the other for each. */
export function startTraffic({ urls, customerId, eventType, pauseMs = 20 }: Options): Traffic {
  const ending = new AbortController();
  const usage: Outcome[] = [];
  const customers: Outcome[] = [];
  const [sent, accepted, named]: [string[], string[], string[]] = [[], [], []];
  const created = new Map<string, string>();
  let turn = 0;
  const url = (): string => urls[(turn += 1) % urls.length] ?? '';

  const record = async (ids: readonly string[]): Promise<Outcome> => {
    const events = ids.map((transactionId) => ({
      ...{ transactionId, customerId, eventType, timestamp: '2025-01-10T12:00:00Z' },
    }));
    const { outcome, data } = await asked(
      url(),
      `mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { accepted } }`,
      { events },
    );
    const recorded = data as { recordUsage: { accepted: number } } | null;
    if (recorded?.recordUsage.accepted === ids.length) accepted.push(...ids);
    return outcome;
  };
  const create = async (name: string): Promise<Outcome> => {
    const { outcome, data } = await asked(
      url(),
      `mutation ($input: CreateCustomerInput!) {
        createCustomer(input: $input) { customer { id } } }`,
      { input: { name, idempotencyKey: name } },
    );
    const answer = data as { createCustomer: { customer: { id: string } } } | null;
    const id = answer?.createCustomer.customer.id;
    const before = created.get(name);
    if (id !== undefined && before !== undefined && before !== id) {
      throw new Error(`${name} was created twice: as ${before} and as ${id}`);
    }
    if (id !== undefined) created.set(name, id);
    return outcome;
  };
  const flow = async (send: (turn: number) => Promise<void>): Promise<void> => {
    for (let turn = 1; !ending.signal.aborted; turn += 1) {
      await send(turn);
      await delay(pauseMs);
    }
  };
  const flows = [
    flow(async (turn) => {
      const ids = Array.from({ length: eventsInRequest }, (_none, index) => idOf(turn, index));
      sent.push(...ids);
      usage.push(await record(ids));
    }),
    flow(async (turn) => {
      const name = `customer ${String(turn)}`;
      named.push(name);
      customers.push(await create(name));
    }),
  ];
  return {
    ...{ usage, customers, sent, accepted, named, created },
    async flowsAgain(withinMs) {
      const from = performance.now();
      const flowing = (outcomes: readonly Outcome[]): boolean =>
        outcomes.some(({ startedAt, result }) => startedAt >= from && result === 'ok');
      while (!flowing(usage) || !flowing(customers)) {
        if (performance.now() - from > withinMs) {
          const seen = [...usage.slice(-3), ...customers.slice(-3)].map(({ result }) => result);
          throw new Error(`it does not flow again: ${seen.join(', ')}`);
        }
        await delay(20);
      }
    },
    async end() {
      ending.abort();
      await Promise.all(flows);
    },
    async settle() {
      const lost = sent.filter((id) => !accepted.includes(id));
      while (lost.length > 0) {
        const ids = lost.slice(0, 500);
        if ((await record(ids)).result === 'ok') lost.splice(0, ids.length);
      }
      for (const name of named) {
        while ((await create(name)).result !== 'ok') await delay(pauseMs);
      }
    },
  };
}

const idOf = (turn: number, index: number): string => `use-${String(turn)}-${String(index)}`;

/** Asks a server; fails only when there is no answer for much longer than there may be. */
async function asked(
  url: string,
  query: string,
  variables: object,
): Promise<{ readonly outcome: Outcome; readonly data: unknown }> {
  const startedAt = performance.now();
  const { data, result } = await answered(url, JSON.stringify({ query, variables }));
  return {
    outcome: { result, startedAt, ms: performance.now() - startedAt },
    data,
  };
}

async function answered(
  url: string,
  body: string,
): Promise<{ readonly data: unknown; readonly result: string }> {
  try {
    const response = await fetch(url, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
      signal: AbortSignal.timeout(givenUpMs),
    });
    const { data = null, errors = [] } = (await response.json()) as Partial<Answer<unknown>>;
    const [error] = errors;
    return error === undefined
      ? { data, result: 'ok' }
      : { data: null, result: error.extensions.code };
  } catch (error) {
    if (error instanceof DOMException) return { data: null, result: 'no answer' };
    return { data: null, result: 'connection' };
  }
}
