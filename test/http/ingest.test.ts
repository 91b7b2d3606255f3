import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Unavailable, type EventLog } from '../../src/application/ports.ts';
import { usageCommands } from '../../src/application/usage.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type OpenRecording } from '../../src/http/ingest.ts';
import { type Health } from '../../src/http/health.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';
import { asArray, ingest, pack, packed, usageLine, type Ingested } from '../support/ingest.ts';
import { tinyServer } from './tiny-server.ts';

const clock = { now: () => instant('2025-03-01T00:00:00Z') };

type Options = {
  readonly log?: EventLog;
  readonly tokens?: string;
  readonly health?: () => Health;
  readonly usageBehind?: () => string | null;
};

async function serverOf({ log = memoryLog(), usageBehind, ...options }: Options = {}) {
  const usage = usageCommands({
    ...{ log, clock },
    ...(usageBehind === undefined
      ? {}
      : { usageBacklog: { recorded: () => undefined, behind: usageBehind } }),
  });
  const openRecording: OpenRecording = (by) =>
    new Promise((resolve) => {
      resolve(usage.openRecording(by));
    });
  const server = await tinyServer({ ...options, openRecording });
  const ids = async (): Promise<string[]> => {
    const { events } = await log.readAll();
    return events.flatMap(({ event }) =>
      (event as UsageRecorded).lines.map(({ transactionId }) => transactionId),
    );
  };
  return { url: server.url, ids, log };
}

const failure = ({ status, errors }: Ingested) => [
  status,
  errors?.[0]?.extensions.code,
  errors?.[0]?.extensions.reason,
];

describe('POST /ingest', () => {
  it('takes one event a line, and answers as recordUsage', async () => {
    const { url, ids } = await serverOf();
    const answer = await ingest(url, `${usageLine('a')}\n${usageLine('')}\n${usageLine('b')}\n`);
    expect(answer).toEqual({
      status: 200,
      retryAfter: null,
      accepted: 2,
      rejected: [
        {
          index: 1,
          transactionId: null,
          reason: 'empty_transaction_id',
          message: 'transactionId is empty: send 1 to 128 characters',
        },
      ],
      position: '1',
    });
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('takes an array, in which each event is judged alone, its shape too', async () => {
    const { url, ids } = await serverOf();
    const snake = usageLine('b').replace('transactionId', 'transaction_id');
    const answer = await ingest(url, `[${usageLine('a')}, 17, ${snake}]`, asArray);
    expect(answer).toMatchObject({ status: 200, accepted: 2, position: '1' });
    expect(answer.rejected).toMatchObject([{ index: 1, reason: 'not_an_object' }]);
    expect(await ids()).toEqual(['a', 'b']);
  });

  it('takes either as gzip, in one part or several', async () => {
    const { url, ids } = await serverOf();
    expect(await ingest(url, pack(`${usageLine('a')}\n`), packed)).toMatchObject({ accepted: 1 });
    const parts = Buffer.concat([pack(usageLine('b').slice(0, 9)), pack(usageLine('b').slice(9))]);
    expect(await ingest(url, parts, packed)).toMatchObject({ accepted: 1 });
    const array = pack(`[${usageLine('c')}]`);
    expect(await ingest(url, array, { ...asArray, ...packed })).toMatchObject({ accepted: 1 });
    expect(await ids()).toEqual(['a', 'b', 'c']);
  });

  it('answers nothing sent with nothing recorded', async () => {
    const { url } = await serverOf();
    for (const [body, how] of [
      ['', {}],
      ['\n', {}],
      ['[]', asArray],
    ] as const) {
      expect(await ingest(url, body, how)).toMatchObject({
        accepted: 0,
        rejected: [],
        position: '0',
      });
    }
  });

  it.each<[string, string | Uint8Array, Parameters<typeof ingest>[2], unknown[]]>([
    ['of another type', 'x', { type: 'text/plain' }, [415, 'BAD_USER_INPUT', 'not_json']],
    ['of another encoding', 'x', { encoding: 'br' }, [415, 'BAD_USER_INPUT', 'unknown_encoding']],
    ['that is no gzip', 'x', packed, [400, 'BAD_USER_INPUT', 'malformed_gzip']],
    ['that is no JSON', '[1', asArray, [400, 'BAD_USER_INPUT', 'malformed_json']],
    ['that is empty', '', asArray, [400, 'BAD_USER_INPUT', 'malformed_json']],
    [
      'that is not UTF-8',
      Uint8Array.of(91, 0xff, 93),
      asArray,
      [400, 'BAD_USER_INPUT', 'malformed_json'],
    ],
    ['that is no array', '{}', asArray, [400, 'BAD_USER_INPUT', 'not_a_list']],
    [
      'of more than 8 MiB',
      `[${' '.repeat(8 * 1024 * 1024)}]`,
      asArray,
      [413, 'BAD_USER_INPUT', 'body_too_large'],
    ],
    [
      'unpacked more than 8 MiB',
      pack(`[${' '.repeat(8 * 1024 * 1024)}]`),
      { ...asArray, ...packed },
      [413, 'BAD_USER_INPUT', 'body_too_large'],
    ],
  ])('refuses a body %s, and goes on', async (_, body, how, expected) => {
    const { url, ids } = await serverOf();
    expect(failure(await ingest(url, body, how))).toEqual(expected);
    expect(await ids()).toEqual([]);
    expect(await ingest(url, usageLine('a'))).toMatchObject({ status: 200, accepted: 1 });
  });

  it('refuses a request that does not say of what type it is', async () => {
    const { url } = await serverOf();
    const answer = await fetch(`${url}/ingest`, { method: 'POST' });
    expect(answer.status).toBe(415);
  });

  it('stops where more than 10,000 events are at fault, and says what it did until then', async () => {
    const { url, ids } = await serverOf();
    const bad = '{}\n'.repeat(30_000);
    const answer = await ingest(url, `${usageLine('a')}\n${bad}${usageLine('z')}\n`);
    expect(failure(answer)).toEqual([400, 'BAD_USER_INPUT', 'too_many_rejected']);
    expect(answer.accepted).toBe(1);
    expect(answer.rejected?.length).toBeGreaterThan(10_000);
    expect(answer.rejected?.map(({ index }) => index)).toEqual(
      answer.rejected?.map((_, i) => i + 1),
    );
    expect(await ids()).toEqual(['a']);
  });

  it('says what it did when gzip ends before its end', async () => {
    const { url, ids } = await serverOf();
    const lines = Array.from({ length: 20_000 }, (_, index) => usageLine(`t${String(index)}`));
    const whole = pack(lines.join('\n'));
    const answer = await ingest(url, whole.subarray(0, whole.length - 2000), packed);
    expect(failure(answer)).toEqual([400, 'BAD_USER_INPUT', 'malformed_gzip']);
    expect(answer.accepted).toBeGreaterThan(1000);
    expect(await ids()).toHaveLength(answer.accepted ?? -1);
  });
});

describe('who may', () => {
  const tokens = 'for-everything:admin,for-ingesting:ingest,for-reading:read';

  it.each([
    ['for-everything', 200],
    ['for-ingesting', 200],
    ['for-reading', 403],
    ['unknown-to-all', 401],
    [undefined, 401],
  ])('ingest with the token %s: %i', async (token, status) => {
    const { url, log } = await serverOf({ tokens });
    const answer = await ingest(url, usageLine('a'), token === undefined ? {} : { token });
    expect(answer.status).toBe(status);
    const { events } = await log.readAll();
    expect(events).toHaveLength(status === 200 ? 1 : 0);
  });
});

describe('when no usage can be taken', () => {
  it.each<[string, Options]>([
    ['the server starts', { health: () => ({ status: 'starting', reason: 'it reads' }) }],
    ['the read models are far behind', { usageBehind: () => 'the read models are behind' }],
  ])('because %s, that is said before a body is read', async (_, options) => {
    const { url, ids } = await serverOf(options);
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        if (pulled > 3000) controller.close();
        else controller.enqueue(Buffer.from(`${usageLine('a')}\n`.repeat(400)));
      },
    });
    const answer = await ingest(url, body);
    expect([answer.status, answer.retryAfter]).toEqual([503, '1']);
    expect(failure(answer)).toEqual([503, 'UNAVAILABLE', undefined]);
    expect(pulled).toBeLessThan(3000);
    expect(await ids()).toEqual([]);
  });

  it('because the log fails, that is said, and the same body may come again', async () => {
    const inner = memoryLog();
    let isDown = true;
    const log: EventLog = {
      ...inner,
      append: (...append) =>
        isDown ? Promise.reject(new Unavailable('it is away')) : inner.append(...append),
    };
    const { url, ids } = await serverOf({ log });
    const answer = await ingest(url, usageLine('a'));
    expect([answer.status, answer.retryAfter]).toEqual([503, '1']);
    isDown = false;
    expect(await ingest(url, usageLine('a'))).toMatchObject({ status: 200, accepted: 1 });
    expect(await ids()).toEqual(['a']);
  });
});

describe('a client that breaks off', () => {
  it('is not answered; whole lines that came may count, half a line never does', async () => {
    const { url, ids } = await serverOf();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const head = `POST /ingest HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/x-ndjson\r\ncontent-length: 9000\r\n\r\n`;
    socket.write(`${head}${usageLine('a')}\n${usageLine('b')}`);
    await sleep(200);
    socket.destroy();
    await sleep(900);
    expect(await ids()).toEqual(['a']);
    expect(await ingest(url, usageLine('c'))).toMatchObject({ status: 200 });
  });

  it('or sends on for long is served all the while: what came is recorded soon', async () => {
    const { url, ids } = await serverOf();
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.from(`${usageLine('a')}\n`));
        await sleep(1500);
        expect(await ids()).toEqual(['a']);
        controller.enqueue(Buffer.from(usageLine('b')));
        controller.close();
      },
    });
    expect(await ingest(url, body)).toMatchObject({ accepted: 2 });
    expect(await ids()).toEqual(['a', 'b']);
  });
});
