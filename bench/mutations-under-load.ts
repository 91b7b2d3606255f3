import { type Bench, type Lab, type Run } from './bench.ts';
import { flushes } from './flushes.ts';
import { checkOnce, ingestRun, startServer, type IngestQuestion } from './ingest.ts';
import { type PaceAnswer, type PaceQuestion } from './ingest-pace.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import { startWorker } from './processes.ts';
import { manyCustomers } from './usage.ts';

type Server = 'paygo' | 'apollo';
type Pace = Omit<PaceQuestion, 'url' | 'seconds'>;

const customers = manyCustomers;
const flood: Pace = {
  ...{ customers, via: 'ndjson', connections: 8 },
  ...{ sizes: [100, 500, 1000, 200], linesPerSecond: 20_000 },
};
const mutations: Pace = {
  ...{ customers, via: 'graphql', connections: 64 },
  ...{ sizes: [1], linesPerSecond: 500 },
};
const closedLoop = { customers, via: 'graphql', connections: 32, linesPerBatch: 1 } as const;
const warmUpSeconds = 15;
const longClosedLoopSeconds = 10;

export const mutationsUnderLoad: Bench = {
  name: 'mutations-under-load',
  about: '500 mutations a second beside 20,000 usage events a second, beside Apollo doing nothing',
  async run(lab) {
    const seconds = lab.seconds ?? (lab.isBrief ? 10 : 30);
    const runs = lab.runs ?? (lab.isBrief ? 1 : 3);
    lab.note(
      'a mutation records one usage event; it is sent when it is due, and its time counts from then',
    );
    lab.note(
      `each run begins with ${String(warmUpSeconds)} s that do not count; 'late' is the load's own part of the time`,
    );
    for (let run = 1; run <= runs; run += 1) {
      const passing = (server: string): void => {
        lab.passing(`${server}: ${String(run)} of ${String(runs)}`);
      };
      const paced = async (server: Server): Promise<Paced> => {
        passing(server);
        return underLoad(server, seconds);
      };
      const apolloFirst = run % 2 === 0;
      const before = apolloFirst ? await paced('apollo') : undefined;
      const paygo = await paced('paygo');
      read(lab, paygo, before ?? (await paced('apollo')));
    }
    const once = (server: IngestQuestion['server']): Promise<Run> =>
      ingestRun({
        ...{ ...closedLoop, server, warmUpSeconds: 2, lines: null, toTheDraft: false },
        seconds: Math.min(longClosedLoopSeconds, seconds),
      });
    await lab.compare({
      name: `recordUsage of one event, ${String(closedLoop.connections)} at a time, no other load`,
      unit: 'mutations',
      pairs: runs,
      warmUp: false,
      ours: { name: 'paygo', run: () => once('paygo') },
      baseline: { name: 'Apollo doing nothing', run: () => once('apollo') },
    });
  },
};

type Paced = {
  readonly mutations: PaceAnswer;
  readonly flood: PaceAnswer;
  readonly flush: Latencies;
  readonly peakBytes: number;
};

/** Both loads at one time on a server of their own, after some seconds of both. */
async function underLoad(server: Server, seconds: number): Promise<Paced> {
  const serving = startServer(server, customers);
  const script = new URL('./ingest-pace.ts', import.meta.url);
  const loads = [flood, mutations].map((pace) => ({
    pace,
    worker: startWorker<PaceQuestion, PaceAnswer>(script),
  }));
  try {
    const { url, folder } = await serving.ask({ drained: false });
    const both = (forSeconds: number) =>
      Promise.all(
        loads.map(({ pace, worker }) => worker.ask({ ...pace, url, seconds: forSeconds })),
      );
    const warm = await both(warmUpSeconds);
    await serving.ask({ drained: true });
    const before = flushes(folder);
    const [bulk, single] = await both(seconds);
    const after = await serving.ask({ drained: true });
    if (bulk === undefined || single === undefined) throw new Error('there are two loads');
    const acknowledged = [...warm, bulk, single].reduce((sum, { count }) => sum + count, 0);
    if (server === 'paygo') checkOnce(after, acknowledged);
    return {
      ...{ mutations: single, flood: bulk },
      flush: latenciesOf([...before, ...flushes(folder)]),
      peakBytes: after.peakBytes,
    };
  } finally {
    await Promise.all([serving.stop(), ...loads.map(({ worker }) => worker.stop())]);
  }
}

function read(lab: Lab, paygo: Paced, apollo: Paced): void {
  const beside = (value: (paced: Paced) => number) => ({
    value: value(paygo),
    beside: { name: 'Apollo doing nothing', value: value(apollo) },
  });
  const rate = ({ count, seconds }: PaceAnswer): number => count / seconds;
  lab.read(
    { name: 'mutation, p50', unit: 'ms', ...beside((one) => one.mutations.latency.p50) },
    { name: 'mutation, p99', unit: 'ms', ...beside((one) => one.mutations.latency.p99) },
    { name: 'mutation, max', unit: 'ms', ...beside((one) => one.mutations.latency.max) },
    { name: 'late, p99', unit: 'ms', ...beside((one) => one.mutations.lateness.p99) },
    { name: "the disk's flush, p50", unit: 'ms', value: paygo.flush.p50 },
    { name: "the disk's flush, p99", unit: 'ms', value: paygo.flush.p99 },
    {
      ...{ name: "mutation less the disk's flush, p99", unit: 'ms' },
      value: paygo.mutations.latency.p99 - paygo.flush.p99,
    },
    { name: 'mutations', unit: 'a second', ...beside((one) => rate(one.mutations)) },
    { name: 'usage events of /ingest', unit: 'a second', ...beside((one) => rate(one.flood)) },
    { name: '/ingest request, p99', unit: 'ms', ...beside((one) => one.flood.latency.p99) },
    { name: 'memory at most', unit: 'MiB', ...beside(({ peakBytes }) => peakBytes / 2 ** 20) },
  );
  for (const { mutations, flood } of [paygo, apollo]) {
    const postponed = mutations.postponed + flood.postponed;
    if (postponed > 0) lab.note(`${String(postponed)} requests were answered 503`);
  }
}
