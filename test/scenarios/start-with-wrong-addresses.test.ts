import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig, startFault } from '../../src/config.ts';
import { startPaygo } from '../../src/paygo.ts';
import { refusedStart, temporaryFolder } from '../support/paygo.ts';
import { openPorts, refusing, silent, web, wrongPassword } from '../support/ports.ts';

const secret = 'a-password-to-keep';
const withinMs = 20_000;
const { listening, close } = openPorts();

const eventStore = (port: number, query = '?tls=false', scheme = 'esdb') => ({
  EVENTSTORE_URL: `${scheme}://admin:${secret}@127.0.0.1:${String(port)}${query}`,
});
const database = (port: number) => ({
  DATABASE_URL: `postgresql://paygo:${secret}@127.0.0.1:${String(port)}/paygo`,
});

/** What the environment names, and what the reason says. */
const faults: readonly (readonly [
  what: string,
  env: () => Promise<Readonly<Record<string, string>>>,
  reason: RegExp,
])[] = [
  ['an event store that refuses connections', async () => eventStore(await refusing()), /reached/],
  [
    'a cluster of which no node is there',
    async () => eventStore(await refusing(), '?tls=false', 'esdb+discover'),
    /reached|discover/,
  ],
  [
    'an event store that says nothing',
    async () => eventStore(await listening(silent)),
    /no answer|reached/,
  ],
  [
    'an event store whose TLS handshake gets no answer',
    async () => eventStore(await listening(silent), ''),
    /no answer|reached/,
  ],
  ['a web server for an event store', async () => eventStore(await listening(web)), /reached/],
  [
    'an event store without a host',
    () => at({ EVENTSTORE_URL: `esdb://u:${secret}@?tls=false` }),
    /form/,
  ],
  ['a database that refuses connections', async () => database(await refusing()), /ECONNREFUSED/],
  ['a database that says nothing', async () => database(await listening(silent)), /time/],
  ['a web server for a database', async () => database(await listening(web)), /PostgreSQL/],
  [
    'a password that the database does not take',
    async () => database(await listening(wrongPassword)),
    /password authentication failed/,
  ],
];

const at = (env: Readonly<Record<string, string>>) => Promise.resolve(env);

describe('a start with an address that cannot be used', () => {
  // All at once: some take ten seconds to be sure that nobody answers.
  let starts: readonly Promise<FailedStart>[] = [];
  beforeAll(() => {
    starts = faults.map(async ([, env]) => failedStart(await env()));
  });
  afterAll(close);

  it.each(faults.map(([what, , reason], index) => ({ what, reason, index })))(
    'fails in time and says why in one line that names the variable: $what',
    async ({ reason, index }) => {
      const { variable = '', fault = '', ms = 0 } = (await starts[index]) ?? {};
      expect(fault).toMatch(new RegExp(`^${variable}: [^\\n]+$`));
      expect(fault).toMatch(reason);
      expect(fault).not.toContain(secret);
      expect(ms).toBeLessThan(withinMs);
    },
    2 * withinMs,
  );

  it('ends with that line alone, and exit code 1', async () => {
    for (const env of [eventStore(await refusing()), database(await refusing())]) {
      const { path, remove } = await temporaryFolder();
      onTestFinished(remove);
      const { code, errors } = await refusedStart(path, env, 2 * withinMs);
      const [variable = ''] = Object.keys(env);
      expect(errors).toMatch(new RegExp(`^paygo cannot start: ${variable}: [^\\n]+\\n$`));
      expect(code).toBe(1);
    }
  }, 100_000);
});

type FailedStart = {
  readonly variable: string;
  readonly fault: string;
  readonly ms: number;
};

/** Why a server within this process does not start, and after how long it says so. */
async function failedStart(env: Readonly<Record<string, string>>): Promise<FailedStart> {
  const [variable = ''] = Object.keys(env);
  const { path, remove } = await temporaryFolder();
  const config = loadConfig({ PAYGO_DATA_DIR: path, PORT: '0', LOG_LEVEL: 'silent', ...env });
  const startedAt = performance.now();
  try {
    const paygo = await startPaygo(config, pino({ level: 'silent' }));
    await paygo.close();
    return { variable, fault: 'none', ms: 0 };
  } catch (error) {
    return { variable, fault: startFault(error, config), ms: performance.now() - startedAt };
  } finally {
    await remove();
  }
}
