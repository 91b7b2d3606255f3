import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type LoadAnswer, type LoadQuestion } from './ingest-load.ts';
import { type ServerQuestion, type ServerState } from './ingest-server.ts';

/** One run: what was acknowledged, durably, by a server of its own. */
export type IngestRun = LoadAnswer & {
  /** Of the server alone. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  /** Of all files, and of what was counted when it was measured. */
  readonly bytes: number;
  readonly counted: number;
};

export type IngestQuestion = Omit<LoadQuestion, 'url'> & {
  readonly warmUpSeconds: number;
  readonly server: 'paygo' | 'smallest';
  /** Until all that was acknowledged is counted, too; and then checked by count and sum. */
  readonly toTheDraft?: boolean;
  /** For --cpu-prof and the like. */
  readonly execArgv?: readonly string[];
};

/** What each line adds. */
const summed = 3;

const servers = {
  paygo: new URL('./ingest-paygo.ts', import.meta.url),
  smallest: new URL('./ingest-smallest.ts', import.meta.url),
};

/** Starts the server and, in another process, the load; resolves to what came of it. */
export async function ingestRun({
  server,
  toTheDraft = false,
  execArgv = [],
  ...question
}: IngestQuestion): Promise<IngestRun> {
  const serving = start(servers[server], execArgv);
  const loading = start(new URL('./ingest-load.ts', import.meta.url));
  try {
    const { url } = await said<{ url: string }>(serving);
    const load = { ...question, url };
    const askServer = (of: ServerQuestion) => asked<ServerState>(serving, of);
    const warm = await asked<LoadAnswer>(loading, { ...load, seconds: question.warmUpSeconds });
    const before = await askServer({ drained: true });
    const startedAt = performance.now();
    const answer = await asked<LoadAnswer>(loading, load);
    const after = await askServer({ drained: toTheDraft });
    const drainedAfter = (performance.now() - startedAt) / 1000;
    if (toTheDraft) check(after, warm.count + answer.count);
    return {
      ...answer,
      ...after,
      seconds: toTheDraft ? drainedAfter : answer.seconds,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    };
  } finally {
    await Promise.all([serving, loading].map(end));
  }
}

/** Exactly once: neither less nor more than was acknowledged. */
function check({ counted, sum }: ServerState, acknowledged: number): void {
  if (counted === acknowledged && sum === String(summed * acknowledged)) return;
  const sent = `${String(acknowledged)} were acknowledged`;
  throw new Error(`${sent}, ${String(counted)} counted, which come to ${sum}`);
}

const start = (script: URL, execArgv: readonly string[] = []): ChildProcess =>
  fork(fileURLToPath(script), {
    execArgv: [...process.execArgv, ...execArgv],
  });

async function asked<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  child.send(question);
  const reply = await said<Answer | { readonly failed: string }>(child);
  if (typeof reply === 'object' && reply !== null && 'failed' in reply) {
    throw new Error(reply.failed);
  }
  return reply;
}

async function said<Message>(child: ChildProcess): Promise<Message> {
  const stop = new AbortController();
  const message = once(child, 'message', stop);
  const died = once(child, 'exit', stop).then((): never => {
    throw new Error('a process of the benchmark ended too early');
  });
  try {
    const [said] = (await Promise.race([message, died])) as [Message];
    return said;
  } finally {
    stop.abort();
    for (const one of [message, died]) one.catch(() => undefined);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.disconnect();
  await once(child, 'exit');
}
