import { setTimeout as delay } from 'node:timers/promises';
import { openLine } from './http-line.ts';
import { countsIn } from './ingest-answer.ts';
import { batches, type BatchShape } from './ingest-batches.ts';
import { latenciesOf } from './latencies.ts';
import { serve } from './processes.ts';

export type LoadQuestion = BatchShape & {
  readonly url: string;
  readonly connections: number;
  /** At most so long, and until so many lines are acknowledged; null: any number. */
  readonly seconds: number;
  readonly lines: number | null;
};

/** So many lines had been acknowledged by then. */
export type LoadSample = { readonly atSeconds: number; readonly count: number };

export type LoadAnswer = {
  /** Lines that were acknowledged. */
  readonly count: number;
  readonly seconds: number;
  readonly rejected: number;
  /** Bodies of the requests that were acknowledged. */
  readonly sentBytes: number;
  /** Requests that were told to come again later. */
  readonly postponed: number;
  /** Of whole requests. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly samples: readonly LoadSample[];
};

const sampledEveryMs = 5000;

/** As many requests as the server takes, each connection sending its next once it has an answer. */
serve(async (question: LoadQuestion): Promise<LoadAnswer> => {
  const target = new URL(question.url);
  const { make, renew } = batches(question, target);
  const most = question.lines ?? Infinity;
  const startedAt = performance.now();
  const endsAt = startedAt + question.seconds * 1000;
  const latencies: number[] = [];
  const samples: LoadSample[] = [];
  let [started, count, rejected, sentBytes, postponed] = [0, 0, 0, 0, 0];
  const passed = (): number => (performance.now() - startedAt) / 1000;
  const sampling = setInterval(() => samples.push({ atSeconds: passed(), count }), sampledEveryMs);

  const drive = async (): Promise<void> => {
    const line = openLine(target);
    const request = make();
    const bodyBytes = request.length - request.indexOf('\r\n\r\n') - 4;
    while (performance.now() < endsAt && started < most) {
      started += question.linesPerBatch;
      renew(request);
      const sentAt = performance.now();
      let answer = await line.ask(request);
      for (; answer.status === 503; answer = await line.ask(request)) {
        postponed += 1;
        await delay(answer.retryAfterMs ?? 1000);
      }
      latencies.push(performance.now() - sentAt);
      const counts = countsIn(answer);
      count += counts.accepted;
      rejected += counts.rejected;
      sentBytes += bodyBytes;
    }
    line.close();
  };

  try {
    await Promise.all(Array.from({ length: question.connections }, drive));
  } finally {
    clearInterval(sampling);
  }
  const { p50, p99 } = latenciesOf(latencies);
  const seconds = passed();
  return {
    ...{ count, seconds, rejected, sentBytes, postponed, samples },
    ...{ p50Ms: p50, p99Ms: p99 },
  };
});
