import { type Lab } from './bench.ts';
import { openLine, postOf } from './http-line.ts';
import { latenciesOf, type Latencies } from './latencies.ts';

export type Question = { readonly query: string; readonly variables: object };
export type Kind = { readonly times: number; readonly question: (at: number) => Question };

/** Of each question, whatever it takes. */
export const mostMs = 30_000;
/** Of each, before those that count. */
export const warmUps = 10;
const nothing = /^\{"data":\{"\w+":null/;

export type Ask = {
  /** How long the whole answer takes, ms. Throws when it tells of an error. */
  (question: Question): Promise<number>;
  readonly close: () => void;
};

export function asking(url: string): Ask {
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

/**
 * Asks all of each kind, one after another, and reads how long the answers take; and the server's
 * CPU time for each, where it is told.
 */
export async function readAnswers(
  lab: Lab,
  ask: Ask,
  kinds: Readonly<Record<string, Kind>>,
  cpuSeconds: () => number | null = () => null,
): Promise<void> {
  for (const [name, kind] of Object.entries(kinds)) {
    lab.passing(name);
    const before = cpuSeconds();
    const { asked, ...latencies } = await timesOf(ask, kind);
    const after = cpuSeconds();
    lab.read(
      { name: `${name}, p50`, unit: 'ms', value: latencies.p50 },
      { name: `${name}, p99`, unit: 'ms', value: latencies.p99 },
    );
    if (before === null || after === null) continue;
    lab.read({ name: `${name}, CPU`, unit: 'ms', value: ((after - before) * 1000) / asked });
  }
}

type Times = Latencies & { readonly asked: number };

async function timesOf(ask: Ask, { times, question }: Kind): Promise<Times> {
  const endsAt = performance.now() + mostMs;
  const taken: number[] = [];
  let asked = 0;
  for (; asked < warmUps + times && performance.now() < endsAt; asked += 1) {
    const ms = await ask(question(asked));
    if (asked >= warmUps) taken.push(ms);
  }
  return { ...latenciesOf(taken), asked };
}
