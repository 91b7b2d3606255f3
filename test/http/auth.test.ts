import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tinyServer } from './tiny-server.ts';

const admin = 'admin-token-of-some-length';
const bound = 'bound-token-of-some-length';
const tokens = `${admin}:admin,${bound}:read:cus_1`;
const me = '{"query":"{ me { actor role customerId } }"}';

describe('without tokens', () => {
  it('everyone on this machine is local, and may do everything', async () => {
    const server = await tinyServer();
    expect(await server.query('{ me { actor role customerId } }')).toEqual({
      data: { me: { actor: 'local', role: 'admin', customerId: null } },
    });
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
  });
});

describe('with tokens', () => {
  it('a caller is known by the digest of its token, and has its role', async () => {
    const server = await tinyServer({ tokens });
    const answer = await server.post(me, { authorization: `Bearer ${bound}` });
    const digest = createHash('sha256').update(bound).digest('hex');
    expect(await answer.json()).toEqual({
      data: { me: { actor: `token:${digest.slice(0, 8)}`, role: 'read', customerId: 'cus_1' } },
    });
    const other = await server.post(me, { authorization: `bearer ${admin}` });
    expect(await other.json()).toMatchObject({ data: { me: { role: 'admin', customerId: null } } });
  });

  it.each([
    ['nothing', undefined],
    ['another token', 'Bearer another-token-of-some-length'],
    ['a part of a token', `Bearer ${admin.slice(0, -1)}`],
    ['more than a token', `Bearer ${admin} ${admin}`],
    ['another scheme', `Basic ${admin}`],
    ['a bare token', admin],
  ])('%s lets nobody in', async (_case, authorization) => {
    const server = await tinyServer({ tokens });
    const answer = await server.post(me, authorization === undefined ? {} : { authorization });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.json()).toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('nothing of the query is run or even read for a stranger', async () => {
    let contexts = 0;
    const server = await tinyServer({ tokens, context: (caller) => (contexts++, { caller }) });
    const answer = await server.post('no JSON at all');
    expect([answer.status, contexts]).toEqual([401, 0]);
  });
});
