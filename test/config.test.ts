import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../src/config.ts';

const secret = 'a-secret-of-24-letters!!';

const problems = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
};

describe('the configuration', () => {
  it('needs nothing to be set', () => {
    expect(loadConfig({ HOME: '/home/someone' })).toEqual({
      port: 4000,
      dataFolder: './data',
      eventStoreUrl: null,
      streamPrefix: 'paygo-',
      databaseUrl: null,
      testClock: null,
      graceHours: 24,
      roles: ['api', 'projector', 'biller'],
      tokens: [],
      logLevel: 'info',
      stripeSecretKey: null,
      stripeWebhookSecret: null,
      stripeApiBase: null,
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(loadConfig({ PORT: '', PAYGO_TEST_CLOCK: '', DATABASE_URL: '' })).toEqual(
      loadConfig({}),
    );
  });

  it('reads every variable', () => {
    const config = loadConfig({
      PORT: '0',
      PAYGO_DATA_DIR: '/var/lib/paygo',
      PAYGO_TEST_CLOCK: '2024-10-01T02:00:00+02:00',
      PAYGO_GRACE_HOURS: '0',
      PAYGO_ROLES: 'biller, api,projector',
      LOG_LEVEL: 'debug',
    });
    expect(config).toMatchObject({
      port: 0,
      dataFolder: '/var/lib/paygo',
      testClock: '2024-10-01T00:00:00.000Z',
      graceHours: 0,
      roles: ['api', 'projector', 'biller'],
      logLevel: 'debug',
    });
  });

  it('cannot be changed, at any depth', () => {
    const config = loadConfig({ PAYGO_API_TOKENS: `${secret}:admin` });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.tokens)).toBe(true);
    expect(Object.isFrozen(config.tokens[0])).toBe(true);
  });

  it('says all that is wrong at once, a line each', () => {
    expect(
      problems({ PORT: '65536', PAYGO_GRACE_HOURS: '-1', LOG_LEVEL: 'loud', PAYGO_PROT: '1' }),
    ).toEqual([
      'PAYGO_PROT: there is no such variable',
      'PORT: must be a whole number from 0 to 65535',
      'PAYGO_GRACE_HOURS: must be a whole number from 0 to 8760',
      'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent',
    ]);
  });

  it.each(['1.5', '1e3', ' 1', '0x10', 'NaN', '8761'])('takes no grace of %j hours', (text) => {
    expect(problems({ PAYGO_GRACE_HOURS: text })).toHaveLength(1);
  });

  it('knows a test clock by its instant only', () => {
    expect(problems({ PAYGO_TEST_CLOCK: '2024-10-01' })).toEqual([
      'PAYGO_TEST_CLOCK: must be an RFC 3339 instant, such as 2024-10-01T00:00:00Z',
    ]);
  });

  const eventStore = 'esdb://admin:a-password@localhost:2113?tls=false';
  const database = 'postgresql://paygo:a-password@localhost:5432/paygo';

  it('takes a part of the roles where others can do the rest', () => {
    const shared = { EVENTSTORE_URL: eventStore, DATABASE_URL: database };
    expect(loadConfig({ ...shared, PAYGO_ROLES: 'projector, api' })).toMatchObject({
      roles: ['api', 'projector'],
      eventStoreUrl: eventStore,
      databaseUrl: database,
    });
    for (const alone of [{}, { EVENTSTORE_URL: eventStore }, { DATABASE_URL: database }]) {
      expect(problems({ ...alone, PAYGO_ROLES: 'api' })).toEqual([
        expect.stringMatching(/^PAYGO_ROLES: .* needs EVENTSTORE_URL and DATABASE_URL$/),
      ]);
    }
    expect(problems({ PAYGO_ROLES: 'api,cook' }).join()).toContain('"cook" is no role');
  });

  it.each([
    ['EVENTSTORE_URL', 'http://admin:a-password@localhost:2113'],
    ['EVENTSTORE_URL', 'a-password'],
    ['EVENTSTORE_URL', 'esdb://'],
    ['DATABASE_URL', 'mysql://paygo:a-password@localhost/paygo'],
    ['DATABASE_URL', 'a-password'],
    ['DATABASE_URL', 'postgresql://paygo:a-password@local host/paygo'],
  ])('refuses %s as %j in one line, without showing it', (name, text) => {
    const [problem = '', ...others] = problems({ [name]: text });
    expect(problem).toMatch(new RegExp(`^${name}: must be of the form `));
    expect(problem).not.toContain('a-password');
    expect(others).toEqual([]);
  });

  it('names streams by letters and digits', () => {
    expect(loadConfig({ PAYGO_STREAM_PREFIX: 'tenant_1-' }).streamPrefix).toBe('tenant_1-');
    for (const text of ['$sys-', '1-', 'a b', 'a'.repeat(41)]) {
      expect(problems({ PAYGO_STREAM_PREFIX: text })).toHaveLength(1);
    }
  });

  it('takes what is needed to speak to Stripe, and shows no secret', () => {
    const config = loadConfig({
      STRIPE_SECRET_KEY: 'sk_test_0123456789',
      STRIPE_WEBHOOK_SECRET: 'whsec_0123456789',
      STRIPE_API_BASE: 'http://127.0.0.1:12111',
    });
    expect(config.stripeSecretKey?.()).toBe('sk_test_0123456789');
    expect(config.stripeWebhookSecret?.()).toBe('whsec_0123456789');
    expect(config.stripeApiBase).toBe('http://127.0.0.1:12111');
    expect(inspect(config) + JSON.stringify(config)).not.toMatch(/0123456789/);
  });

  it.each([
    ['STRIPE_SECRET_KEY', 'pk_test_0123456789'],
    ['STRIPE_SECRET_KEY', 'sk_test_012'],
    ['STRIPE_WEBHOOK_SECRET', 'sk_test_0123456789'],
    ['STRIPE_API_BASE', 'http://stripe.example'],
    ['STRIPE_API_BASE', 'https://user:sk_test_0123456789@stripe.example'],
    ['STRIPE_API_BASE', 'https://stripe.example/v1'],
  ])('refuses %s=%s without showing it', (name, text) => {
    const [problem = '', ...others] = problems({ [name]: text });
    expect(problem).toContain(`${name}: must be of the form`);
    expect(problem).not.toContain(text);
    expect(others).toEqual([]);
  });

  it('refuses to collect money for the time of a test clock', () => {
    const env = { STRIPE_SECRET_KEY: 'sk_live_0123456789' };
    expect(problems(env)).toEqual([]);
    const [problem = ''] = problems({ ...env, PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z' });
    expect(problem).toContain('STRIPE_SECRET_KEY: a live key');
  });
});

describe('access tokens', () => {
  it('have a role, and for read perhaps one customer', () => {
    const other = 'another-secret-of-some-length';
    const { tokens } = loadConfig({ PAYGO_API_TOKENS: `${secret}:ingest, ${other}:read:cus_1` });
    expect(tokens).toMatchObject([
      { role: 'ingest', customerId: null },
      { role: 'read', customerId: 'cus_1' },
    ]);
  });

  it('are kept as digests, never as they are', () => {
    const config = loadConfig({ PAYGO_API_TOKENS: `${secret}:admin` });
    expect(JSON.stringify(config)).not.toContain(secret);
    expect(config.tokens[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['an empty list', ''],
    ['a short token', 'short:admin'],
    ['no role', secret],
    ['an unknown role', `${secret}:owner`],
    ['a customer for another role than read', `${secret}:admin:cus_1`],
    ['an empty customer', `${secret}:read:`],
    ['a blank in a token', `${secret} x:admin`],
    ['an empty entry', `${secret}:admin,`],
  ])('are refused with %s, without being shown', (_case, text) => {
    const [problem = '', ...others] = problems({ PAYGO_API_TOKENS: text });
    expect(problem).toMatch(/^PAYGO_API_TOKENS: entry \d must be token:role/);
    expect(problem).not.toContain(secret);
    expect(others).toEqual([]);
  });

  it('are refused when one is named twice', () => {
    expect(problems({ PAYGO_API_TOKENS: `${secret}:admin,${secret}:read` })).toEqual([
      'PAYGO_API_TOKENS: names one token twice',
    ]);
  });
});
