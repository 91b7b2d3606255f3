import { connect, type Socket } from 'node:net';
import { batches, type BatchShape } from './ingest-batches.ts';

export type LoadQuestion = BatchShape & {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
};

export type LoadAnswer = {
  /** Lines that were acknowledged. */
  readonly count: number;
  readonly seconds: number;
  readonly rejected: number;
  /** Of whole requests. */
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** As many requests as the server takes, each connection sending its next once it has an answer. */
async function load(question: LoadQuestion): Promise<LoadAnswer> {
  const target = new URL(question.url);
  const { make, renew } = batches(question, target);
  const startedAt = performance.now();
  const endsAt = startedAt + question.seconds * 1000;
  const latencies: number[] = [];
  let count = 0;
  let rejected = 0;
  const drive = async (): Promise<void> => {
    const socket = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    const next = answers(socket);
    const request = make();
    while (performance.now() < endsAt) {
      renew(request);
      const sentAt = performance.now();
      socket.write(request);
      const answer = await next();
      latencies.push(performance.now() - sentAt);
      count += answer.accepted;
      rejected += answer.rejected;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: question.connections }, drive));
  latencies.sort((a, b) => a - b);
  const quantile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? 0;
  return {
    count,
    seconds: (performance.now() - startedAt) / 1000,
    rejected,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

type Counts = { readonly accepted: number; readonly rejected: number };

/** The answers that come over a connection, one at a time. */
function answers(socket: Socket): () => Promise<Counts> {
  let waiting: { resolve(counts: Counts): void; reject(error: Error): void } | undefined;
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (text.length < headEnd + 4 + length) return;
    const body = text.slice(headEnd + 4, headEnd + 4 + length);
    text = text.slice(headEnd + 4 + length);
    const accepted = /"accepted":(\d+)/.exec(body)?.[1];
    if (accepted === undefined) waiting?.reject(new Error(`not accepted: ${body.slice(0, 500)}`));
    else {
      const rejected = body.split('"index":').length - 1;
      waiting?.resolve({ accepted: Number(accepted), rejected });
    }
  });
  socket.on('error', (error) => waiting?.reject(error));
  socket.on('close', () => waiting?.reject(new Error('the connection was closed')));
  return () => new Promise((resolve, reject) => (waiting = { resolve, reject }));
}

process.on('message', (question) => {
  load(question as LoadQuestion).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
