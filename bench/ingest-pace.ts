import { setTimeout as delay } from 'node:timers/promises';
import { openLine, type HttpLine } from './http-line.ts';
import { countsIn } from './ingest-answer.ts';
import { batches, type BatchShape } from './ingest-batches.ts';
import { latenciesOf, type Latencies } from './latencies.ts';
import { serve } from './processes.ts';

export type PaceQuestion = Pick<BatchShape, 'customers' | 'via'> & {
  readonly url: string;
  readonly connections: number;
  /** How many lines the requests have, over and over. */
  readonly sizes: readonly number[];
  readonly linesPerSecond: number;
  readonly seconds: number;
};

export type PaceAnswer = {
  readonly requests: number;
  /** Lines that were acknowledged. */
  readonly count: number;
  /** Until the last answer. */
  readonly seconds: number;
  /** Requests that were told to come again later; they were not sent again. */
  readonly postponed: number;
  /** From when a request was due until it was answered, ms. */
  readonly latency: Latencies;
  /** From when a request was due until this process came to it, ms: part of the latency. */
  readonly lateness: Latencies;
};

type Due = { readonly at: number; readonly lines: number };

const patienceMs = 30_000;

/** By a schedule, whatever the answers do: a request that must wait waits since it was due. */
serve(async (question: PaceQuestion): Promise<PaceAnswer> => {
  const { sizes, linesPerSecond, seconds } = question;
  const target = new URL(question.url);
  const { make, renew } = batches({ ...question, linesPerBatch: Math.max(...sizes) }, target);
  const spare = new Map<number, Buffer[]>(sizes.map((size) => [size, [make(size)]]));
  const free = Array.from({ length: question.connections }, () => openLine(target));
  const queue: Due[] = [];
  const latencies: number[] = [];
  const lateness: number[] = [];
  let [count, postponed, sent, lines] = [0, 0, 0, 0];
  const failures: Error[] = [];
  const running = new Set<Promise<void>>();

  const send = async (line: HttpLine, due: Due): Promise<void> => {
    const buffers = spare.get(due.lines);
    const request = buffers?.pop() ?? make(due.lines);
    renew(request);
    const answer = await line.ask(request);
    latencies.push(performance.now() - due.at);
    buffers?.push(request);
    if (answer.status === 503) postponed += 1;
    else count += countsIn(answer).accepted;
    free.push(line);
    pump();
  };
  const pump = (): void => {
    while (queue.length > 0) {
      const line = free.pop();
      const due = line === undefined ? undefined : queue.shift();
      if (line === undefined || due === undefined) return;
      const one = send(line, due)
        .catch((error: unknown) => {
          failures.push(error instanceof Error ? error : new Error(String(error)));
        })
        .finally(() => running.delete(one));
      running.add(one);
    }
  };

  const startedAt = performance.now();
  for (let now = startedAt; lines < linesPerSecond * seconds; now = performance.now()) {
    for (;;) {
      const at = startedAt + (lines / linesPerSecond) * 1000;
      if (at > now || lines >= linesPerSecond * seconds) break;
      const size = sizes[sent % sizes.length] ?? 1;
      queue.push({ at, lines: size });
      lateness.push(now - at);
      lines += size;
      sent += 1;
    }
    pump();
    await delay(1);
    if (failures.length > 0) break;
  }
  const givenUpAt = performance.now() + patienceMs;
  while (failures.length === 0 && (queue.length > 0 || running.size > 0)) {
    if (performance.now() > givenUpAt) failures.push(new Error('requests were not answered'));
    await delay(1);
  }
  for (const line of free) line.close();
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return {
    requests: latencies.length,
    ...{ count, postponed },
    seconds: (performance.now() - startedAt) / 1000,
    latency: latenciesOf(latencies),
    lateness: latenciesOf(lateness),
  };
});
