import { type LoadAnswer, type LoadQuestion } from './ingest-load.ts';
import { type ServerQuestion, type ServerState } from './ingest-server.ts';
import { startWorker } from './processes.ts';

/** One run: what was acknowledged, durably, by a server of its own. */
export type IngestRun = Omit<LoadAnswer, 'samples'> & {
  /** Of the server alone. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly counted: number;
  /** How many of them from the first request until the last was acknowledged, or somewhat later. */
  readonly countedMeanwhile: number;
  /** Of all files, of what was sent for them, and the most that there was meanwhile. */
  readonly bytes: number;
  readonly allSentBytes: number;
  readonly mostBytes: number;
  readonly samples: readonly Sample[];
};

/** How fast usage was acknowledged and counted since the sample before. */
export type Sample = {
  readonly atSeconds: number;
  readonly acknowledgedPerSecond: number;
  readonly countedPerSecond: number;
};

export type IngestQuestion = Omit<LoadQuestion, 'url'> & {
  readonly warmUpSeconds: number;
  readonly server: keyof typeof servers;
  /** Until all that was acknowledged is counted, too; and then checked by count and sum. */
  readonly toTheDraft: boolean;
};

/** What each line adds. */
const summed = 3;

const servers = {
  paygo: new URL('./ingest-paygo.ts', import.meta.url),
  smallest: new URL('./ingest-smallest.ts', import.meta.url),
  apollo: new URL('./ingest-apollo.ts', import.meta.url),
};

export const startServer = (server: keyof typeof servers, customers: number) =>
  startWorker<ServerQuestion, ServerState>(servers[server], [String(customers)]);

/** Starts the server and, in another process, the load; resolves to what came of it. */
export async function ingestRun({
  server,
  toTheDraft,
  ...question
}: IngestQuestion): Promise<IngestRun> {
  const serving = startServer(server, question.customers);
  const loading = startWorker<LoadQuestion, LoadAnswer>(
    new URL('./ingest-load.ts', import.meta.url),
  );
  try {
    const { url } = await serving.ask({ drained: false });
    const load = { ...question, url };
    const warm = await loading.ask({ ...load, seconds: question.warmUpSeconds, lines: null });
    const before = await serving.ask({ drained: true });
    const startedAt = performance.now();
    const passed = (): number => (performance.now() - startedAt) / 1000;
    const watching = watch(() => serving.ask({ drained: false }), passed);
    const answer = await loading.ask(load);
    const states = await watching.end();
    const after = await serving.ask({ drained: toTheDraft });
    const seconds = toTheDraft ? passed() : answer.seconds;
    if (toTheDraft) checkOnce(after, warm.count + answer.count);
    const { peakBytes, counted, bytes } = after;
    return {
      ...answer,
      ...{ seconds, peakBytes, counted, bytes },
      countedMeanwhile: counted - before.counted,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      allSentBytes: warm.sentBytes + answer.sentBytes,
      mostBytes: Math.max(after.bytes, ...states.map(({ state }) => state.bytes)),
      samples: samplesOf(answer, before.counted, states),
    };
  } finally {
    await Promise.all([serving.stop(), loading.stop()]);
  }
}

/** Exactly once: neither less nor more than was acknowledged. */
export function checkOnce({ counted, sum }: ServerState, acknowledged: number): void {
  if (counted === acknowledged && sum === String(summed * acknowledged)) return;
  const sent = `${String(acknowledged)} were acknowledged`;
  throw new Error(`${sent}, ${String(counted)} counted, which come to ${sum}`);
}

type Seen = { readonly atSeconds: number; readonly state: ServerState };

const watchedEveryMs = 5000;

/** Asks again and again, one at a time. */
function watch(ask: () => Promise<ServerState>, passed: () => number) {
  const seen: Seen[] = [];
  let asking: Promise<void> | null = null;
  let failure: unknown = null;
  const look = async (): Promise<void> => {
    const state = await ask();
    seen.push({ atSeconds: passed(), state });
  };
  const timer = setInterval(() => {
    asking ??= look()
      .catch((error: unknown) => (failure = error))
      .then(() => void (asking = null));
  }, watchedEveryMs);
  return {
    async end(): Promise<readonly Seen[]> {
      clearInterval(timer);
      await asking;
      if (failure !== null) throw new Error('the server could not be watched', { cause: failure });
      return seen;
    },
  };
}

function samplesOf(
  { samples }: LoadAnswer,
  countedBefore: number,
  seen: readonly Seen[],
): readonly Sample[] {
  const acknowledged = ratesOf(samples, 0);
  const counted = ratesOf(
    seen.map(({ atSeconds, state }) => ({ atSeconds, count: state.counted })),
    countedBefore,
  );
  return seen.slice(0, samples.length).map(({ atSeconds }, place) => ({
    atSeconds,
    acknowledgedPerSecond: acknowledged[place] ?? 0,
    countedPerSecond: counted[place] ?? 0,
  }));
}

const ratesOf = (
  samples: readonly { readonly atSeconds: number; readonly count: number }[],
  countBefore: number,
): readonly number[] =>
  samples.map(({ atSeconds, count }, place) => {
    const before = samples[place - 1] ?? { atSeconds: 0, count: countBefore };
    return Math.round((count - before.count) / (atSeconds - before.atSeconds));
  });
