import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { headOf } from '../support/refusals-account.ts';

const folder = await temporaryFolder();
let paygo: Running;
beforeAll(async () => {
  paygo = await startHere(folder.path);
});
afterAll(async () => {
  await paygo.stop();
  await folder.remove();
});

/** Sends a mutation as a page would whose name was pointed at this machine. */
const createAs = (headers: Readonly<Record<string, string>>, hostname = '127.0.0.1') =>
  new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const { port, pathname } = new URL(paygo.url);
    const options = { hostname, port, path: pathname, method: 'POST', headers };
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(
      JSON.stringify({ query: 'mutation { createCustomer(input: {name: "N"}) { __typename } }' }),
    );
  });

const json = { 'content-type': 'application/json' };

describe('a server without tokens', () => {
  it('listens on the loopback address only', async () => {
    expect(new URL(paygo.url).hostname).toBe('127.0.0.1');
    // Another address of this machine: whoever listened on all of them would answer there.
    await expect(createAs(json, '127.0.0.2')).rejects.toThrow(
      /ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH/,
    );
  });

  it.each(['billing.example', 'localhost.example', '192.168.1.17:4000', '[::2]'])(
    'refuses a request to the host %s, and records nothing',
    async (host) => {
      const before = await headOf(paygo.client);
      const { status, body } = await createAs({ ...json, host });
      expect([status, body.includes('FORBIDDEN'), body.includes('PAYGO_API_TOKENS')]).toEqual([
        403,
        true,
        true,
      ]);
      expect(await headOf(paygo.client)).toBe(before);
    },
  );

  it('does what is asked under a name of the loopback address', async () => {
    const before = BigInt(await headOf(paygo.client));
    const { status, body } = await createAs({ ...json, host: 'localhost' });
    expect([status, body.includes('CustomerPayload')]).toEqual([200, true]);
    expect(BigInt(await headOf(paygo.client))).toBeGreaterThan(before);
  });

  it('records nothing for a form that a page sends unasked', async () => {
    const before = await headOf(paygo.client);
    const { status } = await createAs({
      'content-type': 'text/plain',
      origin: 'https://evil.example',
    });
    expect(status).toBe(415);
    expect(await headOf(paygo.client)).toBe(before);
  });
});
