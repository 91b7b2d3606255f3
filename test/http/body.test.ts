import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tinyServer } from './tiny-server.ts';

const limit = 4 * 1024 * 1024;
const echo = 'query ($value: Json) { echo(value: $value) }';
const sized = (bytes: number): string => {
  const frame = '{"query":"{ me { actor } }","variables":{"v":""}}';
  return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
};

/** In a process of its own: in this one the client would take turns with the server. */
const postOften = `(async () => {
  const [url, mb] = process.argv.slice(1);
  const headers = { 'content-type': 'application/json' };
  const body = 'x'.repeat(Number(mb) * 1_000_000);
  for (let time = 0; time < 20; time += 1) {
    const answer = await fetch(url, { method: 'POST', headers, body }).catch((error) => ({
      status: error.cause?.code,
      text: () => undefined,
    }));
    await answer.text();
    console.log(answer.status);
  }
})()`;

describe('a body', () => {
  it('may have 4 MiB', async () => {
    const server = await tinyServer();
    expect((await server.post(sized(limit))).status).toBe(200);
  });

  it.each([1, 1024, 3 * 1024 * 1024])('of %i bytes more is refused', async (more) => {
    const server = await tinyServer();
    const answer = await server.post(sized(limit + more));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toEqual({
      errors: [
        {
          message: 'The body is larger than 4194304 bytes: send several smaller ones.',
          extensions: { code: 'BAD_USER_INPUT', reason: 'body_too_large' },
        },
      ],
    });
  });

  it.each([5, 8])(
    'of %i MB is answered every time, by a client that sends all of it',
    async (mb) => {
      const { url } = await tinyServer();
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, [
        '-e',
        postOften,
        `${url}/graphql`,
        String(mb),
      ]);
      expect(stdout.trim().split('\n')).toEqual(Array.from({ length: 20 }, () => '413'));
    },
  );

  it('without end is not read to its end', async () => {
    const { url } = await tinyServer();
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 9000000000\r\n\r\n`,
    );
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    let sent = 0;
    const send = (): void => {
      while (!socket.destroyed && sent < 200) {
        sent += 1;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', send);
    send();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(sent).toBeLessThan(150);
  });

  it('that does not say how large it is is refused all the same', async () => {
    const { url } = await tinyServer();
    const chunk = new TextEncoder().encode(' '.repeat(512 * 1024));
    let left = 10;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
  });

  it.each([
    ['{"query": }', 'position 10'],
    ['{"query":"{ me { actor } }"', 'position 27'],
    ['', 'reached end of input'],
    [Uint8Array.from([0x22, 0xff, 0x22]), 'not UTF-8'],
    ['{"__proto__":{}}', '__proto__'],
  ])('that is not JSON is refused, with the place: %s', async (body, place) => {
    const server = await tinyServer();
    const answer = await server.post(body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      errors: [
        {
          message: expect.stringContaining(place) as string,
          extensions: { code: 'BAD_USER_INPUT', reason: 'malformed_json' },
        },
      ],
    });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'nonsense'])(
    'of type %s is refused',
    async (type) => {
      const server = await tinyServer();
      const answer = await server.post('{"query":"{ me { actor } }"}', { 'content-type': type });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toMatchObject({
        errors: [{ extensions: { code: 'BAD_USER_INPUT', reason: 'not_json' } }],
      });
    },
  );

  it('must be there', async () => {
    const { url } = await tinyServer();
    const answer = await fetch(`${url}/graphql`, { method: 'POST' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [{ extensions: { reason: 'malformed_json' } }],
    });
  });

  it('may name its charset', async () => {
    const server = await tinyServer();
    const answer = await server.post('{"query":"{ me { actor } }"}', {
      'content-type': 'application/json; charset=utf-8',
    });
    expect(answer.status).toBe(200);
  });

  it('keeps numbers that a double cannot hold for the schema to judge', async () => {
    const server = await tinyServer();
    const body = `{"query":"${echo}","variables":{"value":[12345678901234567, 0.5]}}`;
    expect(await (await server.post(body)).json()).toEqual({
      data: { echo: '["12345678901234567",0.5]' },
    });
  });
});
