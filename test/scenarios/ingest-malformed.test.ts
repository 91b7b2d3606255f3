import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { present } from '../../src/kernel/invariant.ts';
import { ingest, usageLine, type Ingested } from '../support/ingest.ts';
import { malformedBodies, type Malformed } from '../support/malformed.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { recorderOf } from '../support/record-usage.ts';
import { times } from '../support/stress.ts';

const seed = 20_250_214;
const bodies = times(600, 10_000);
const senders = 8;

/** In a short run what is only held once weighs more. */
const mostKeptBytes = times(4_000, 400);

type Answered = Omit<Ingested, 'rejected'> & {
  readonly rejected?: readonly {
    readonly index: number;
    readonly reason: string;
    readonly message: string;
  }[];
};

/** Sends it as it is: `fetch` would add a type. */
function post(url: string, { type, encoding, body }: Malformed): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sending = request(new URL('/ingest', url), {
      method: 'POST',
      headers: {
        'content-length': body.length,
        ...(type === null ? {} : { 'content-type': type }),
        ...(encoding === null ? {} : { 'content-encoding': encoding }),
      },
    });
    sending.on('error', reject).on('response', (response) => {
      text(response)
        .then((answer) => {
          const { statusCode: status = 0, headers } = response;
          const retryAfter = headers['retry-after'] ?? null;
          resolve({ status, retryAfter, ...(JSON.parse(answer) as object) });
        })
        .catch(reject);
    });
    sending.end(body);
  });
}

/** Breaks off in the middle of it. */
const breakOff = (url: string, { body }: Malformed): Promise<void> =>
  new Promise((resolve) => {
    const sending = request(new URL('/ingest', url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'content-length': body.length + 1 },
    });
    sending.on('error', () => undefined).on('close', resolve);
    sending.write(body.subarray(0, body.length / 2), () => sending.destroy());
  });

/** What is wrong with the answer; undefined: nothing. */
function wrongWith(sent: Malformed, answer: Answered): unknown {
  const told = {
    status: answer.status,
    refused: answer.errors?.map(({ extensions }) => extensions.reason),
    rejected: answer.rejected?.map(({ index, reason }) => [index, reason]),
    accepted: answer.accepted,
  };
  const isRight =
    sent.refused === null
      ? told.status === 200 &&
        told.accepted === sent.accepted &&
        JSON.stringify(told.rejected) === JSON.stringify(sent.rejected) &&
        (answer.rejected ?? []).every(({ message }) => message.length > 10 && message.length < 500)
      : JSON.stringify([told.status, told.refused]) ===
        JSON.stringify([sent.refused[0], [sent.refused[1]]]);
  if (isRight) return undefined;
  return { ...sent, body: sent.body.toString().slice(0, 2000), told };
}

/** Bytes that are held, once what is not needed is thrown away. */
function heldBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe(`${String(bodies)} malformed bodies (seed ${String(seed)})`, () => {
  it(
    'are each answered precisely and leave nothing behind; what is right in them counts, once',
    async () => {
      const folder = await temporaryFolder();
      const server = await startHere(folder.path, { PAYGO_TEST_CLOCK: '2025-03-01T00:00:00Z' });
      try {
        const recorder = recorderOf(() => server);
        const account = await recorder.metered('COUNT');
        await server.client.ask(
          'mutation ($input: SetIngestAliasesInput!) { setIngestAliases(input: $input) { __typename } }',
          { input: { customerId: account.customer, ingestAliases: ['malformed'] } },
        );
        const sent = malformedBodies(seed, bodies);
        const wrong: unknown[] = [];
        let accepted = 0;
        const sendAll = async (from: number, to: number): Promise<void> => {
          let next = from;
          const send = async (): Promise<void> => {
            while (next < to) {
              const nth = next++;
              const body = present(sent[nth], 'a body of that place');
              const answer = await post(server.url, body);
              accepted += answer.accepted ?? 0;
              const fault = wrongWith(body, answer);
              if (fault !== undefined) wrong.push(fault);
              // What is right in it is recorded before: it counts once.
              if (nth % 20 === 0 && body.refused === null) await breakOff(server.url, body);
            }
          };
          await Promise.all(Array.from({ length: senders }, send));
        };
        const tenth = bodies / 10;
        await sendAll(0, tenth);
        const before = heldBytes();
        await sendAll(tenth, bodies);
        const keptPerBody = (heldBytes() - before) / (bodies - tenth);
        expect(wrong).toEqual([]);
        expect(keptPerBody).toBeLessThan(mostKeptBytes);
        const last = await ingest(server.url, usageLine('last', { customerId: 'malformed' }));
        expect(last).toMatchObject({ status: 200, accepted: 1, rejected: [] });
        expect(accepted).toBeGreaterThan(bodies / 2);
        expect(await recorder.usage(account, last.position ?? '')).toEqual([String(accepted + 1)]);
      } finally {
        await server.stop();
        await folder.remove();
      }
    },
    times(60_000, 600_000),
  );
});
