import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Health } from '../../src/http/health.ts';
import { tinyServer } from './tiny-server.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the server', () => {
  it('answers GraphQL over POST and GET', async () => {
    const server = await tinyServer();
    expect(await server.query('mutation ($t: String!) { note(text: $t) }', { t: 'hi' })).toEqual({
      data: { note: 'hi' },
    });
    const url = `${server.url}/graphql?query=${encodeURIComponent('{ me { actor } }')}`;
    const answer = await fetch(url, { headers: { 'apollo-require-preflight': 'yes' } });
    expect(await answer.json()).toEqual({ data: { me: { actor: 'local' } } });
  });

  it('does not answer a GET that any web page could send', async () => {
    const { url } = await tinyServer();
    const answer = await fetch(`${url}/graphql?query=%7Bme%7Bactor%7D%7D`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('CSRF');
  });

  it('says where the API is when asked for anything else', async () => {
    const { url } = await tinyServer();
    const answer = await fetch(`${url}/nowhere`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
  });

  it('lets a request under way end when it is closed, and takes no further ones', async () => {
    const server = await tinyServer();
    const slow = server.query('{ slow }');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closedAt = performance.now();
    await server.close();
    expect(performance.now() - closedAt).toBeLessThan(5000);
    expect(await slow).toEqual({ data: { slow: 'done' } });
    await expect(server.query('{ slow }')).rejects.toThrow('fetch failed');
  });
});

describe('/health', () => {
  it('tells whether the server can serve, without a token', async () => {
    let state: Health = { status: 'starting', reason: 'reading the log' };
    const { url } = await tinyServer({
      tokens: 'a-token-of-some-length:admin',
      health: () => state,
    });
    const ask = async () => {
      const answer = await fetch(`${url}/health`);
      return [answer.status, await answer.json()];
    };
    expect(await ask()).toEqual([503, { status: 'starting', reason: 'reading the log' }]);
    state = { status: 'ok', position: '12' };
    expect(await ask()).toEqual([200, { status: 'ok', position: '12' }]);
    state = { status: 'failed', reason: 'usage: broken invariant' };
    expect(await ask()).toEqual([503, { status: 'failed', reason: 'usage: broken invariant' }]);
  });
});

describe('a request id', () => {
  it.each(['order-17', 'a', '~'.repeat(128)])('of the caller is kept: %s', async (id) => {
    const server = await tinyServer();
    const answer = await server.post('{"query":"{ me { requestId } }"}', { 'x-request-id': id });
    expect(answer.headers.get('x-request-id')).toBe(id);
    expect(await answer.json()).toEqual({ data: { me: { requestId: id } } });
  });

  it.each(['two words', '~'.repeat(129), 'caf\u00e9'])(
    'that is not sane is replaced: %j',
    async (id) => {
      const server = await tinyServer();
      const answer = await server.post('{"query":"{ me { requestId } }"}', { 'x-request-id': id });
      expect(answer.headers.get('x-request-id')).toMatch(uuid);
    },
  );

  it('is new for every request without one', async () => {
    const server = await tinyServer();
    const ids = [await server.post('{}'), await server.post('{}')].map(({ headers }) =>
      headers.get('x-request-id'),
    );
    expect(ids[0]).toMatch(uuid);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('the log', () => {
  it('has one line a request, without its body, query or token', async () => {
    const token = 'a-token-of-some-length';
    const server = await tinyServer({ tokens: `${token}:admin` });
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': 'r-1' };
    await server.query('{ me { actor } }', { secretVariable: 1 }, headers);
    await fetch(`${server.url}/graphql?query=%7Bsecret%7D`, { headers });
    await server.close();
    const requests = server.log().filter(({ msg }) => msg === 'request');
    expect(requests).toHaveLength(2);
    expect(requests[0]).toMatchObject({
      level: 20,
      requestId: 'r-1',
      method: 'POST',
      path: '/graphql',
      status: 200,
    });
    expect(requests[0]?.['actor']).toMatch(/^token:[0-9a-f]{8}$/);
    expect(JSON.stringify(server.log())).not.toMatch(/secret|me \{|a-token/);
  });

  it('has what went wrong inside, and the answer only where to find it', async () => {
    const health = () => {
      throw new Error('the disk is on fire');
    };
    const server = await tinyServer({ health });
    const answer = await fetch(`${server.url}/health`, { headers: { 'x-request-id': 'r-2' } });
    expect(answer.status).toBe(500);
    const body = await answer.text();
    expect(body).toContain('INTERNAL_SERVER_ERROR');
    expect(body).not.toContain('fire');
    const errors = server.log().filter(({ level }) => level === 50);
    expect(errors).toMatchObject([{ requestId: 'r-2', err: { message: 'the disk is on fire' } }]);
  });

  it('says when everyone on this machine is let in', async () => {
    const open = await tinyServer();
    expect(open.log()).toMatchObject([
      { msg: expect.stringContaining('only this machine is served') as string },
    ]);
    const closed = await tinyServer({ tokens: 'a-token-of-some-length:admin' });
    expect(closed.log()).toEqual([]);
  });
});

describe('a Host header', () => {
  const ask = (url: string, host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { host, 'apollo-require-preflight': 'yes' };
      get(`${url}/graphql?query=%7Bme%7Bactor%7D%7D`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });

  it.each(['localhost', 'LOCALHOST:4000', '127.0.0.1:1', '[::1]', '[::1]:80'])(
    'may be %s',
    async (host) => {
      const { url } = await tinyServer();
      expect(await ask(url, host)).toBe(200);
    },
  );

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', 'a@localhost'])(
    'may not be %j while everyone on this machine is let in',
    async (host) => {
      const { url } = await tinyServer();
      expect(await ask(url, host)).toBe(403);
    },
  );

  it('may be any name where tokens are asked for, as long as it is one', async () => {
    const { url } = await tinyServer({ tokens: 'a-token-of-some-length:admin' });

    expect(await ask(url, 'billing.example')).toBe(401);
    expect(await ask(url, 'two words')).toBe(400);
  });
});
