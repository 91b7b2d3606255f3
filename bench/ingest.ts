import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type LoadAnswer, type LoadQuestion } from './ingest-load.ts';

/** One run: what was acknowledged, durably, by a server of its own. */
export type IngestRun = LoadAnswer & {
  /** Of the server alone. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
};

export type IngestQuestion = Omit<LoadQuestion, 'url'> & {
  readonly warmUpSeconds: number;
  readonly server: 'paygo' | 'smallest';
  /** For --cpu-prof and the like. */
  readonly execArgv?: readonly string[];
};

type Usage = { readonly cpuSeconds: number; readonly rssBytes: number };

const servers = {
  paygo: new URL('./ingest-paygo.ts', import.meta.url),
  smallest: new URL('./ingest-smallest.ts', import.meta.url),
};

/** Starts the server and, in another process, the load; resolves to what came of it. */
export async function ingestRun({
  server,
  execArgv = [],
  ...question
}: IngestQuestion): Promise<IngestRun> {
  const serving = start(servers[server], execArgv);
  const loading = start(new URL('./ingest-load.ts', import.meta.url));
  try {
    const { url } = await said<{ url: string }>(serving);
    await asked<LoadAnswer>(loading, { ...question, url, seconds: question.warmUpSeconds });
    const before = await asked<Usage>(serving, {});
    const answer = await asked<LoadAnswer>(loading, { ...question, url });
    const after = await asked<Usage>(serving, {});
    return { ...answer, ...after, cpuSeconds: after.cpuSeconds - before.cpuSeconds };
  } finally {
    await Promise.all([serving, loading].map(end));
  }
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
