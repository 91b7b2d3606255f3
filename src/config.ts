import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Instant, parseInstant } from './kernel/calendar.ts';

export type Role = 'admin' | 'ingest' | 'read';

/**
 * An access token, kept as the SHA-256 digest (hexadecimal) of its text, so that it cannot be
 * printed.
 */
export type AccessToken = {
  readonly digest: string;
  readonly role: Role;
  /** The one customer that a read token may see; null: all. */
  readonly customerId: string | null;
};

const processRoles = ['api', 'projector', 'biller'] as const;
export type ProcessRole = (typeof processRoles)[number];
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type Config = {
  /** 0: any free port. */
  readonly port: number;
  readonly dataFolder: string;
  /** Where the log stands; null: in the data folder. It may hold a password. */
  readonly eventStoreUrl: string | null;
  /** What the names of this paygo's streams begin with in the event store. */
  readonly streamPrefix: string;
  /** The PostgreSQL that holds the read models; null: they stand in the data folder. As above. */
  readonly databaseUrl: string | null;
  /** Where the test clock starts; null: the real clock. */
  readonly testClock: Instant | null;
  readonly graceHours: number;
  readonly roles: readonly ProcessRole[];
  /** None: everyone on this machine may do everything, and nobody else anything. */
  readonly tokens: readonly AccessToken[];
  readonly logLevel: (typeof logLevels)[number];
  /** Stripe's key; null: invoices are not sent. */
  readonly stripeSecretKey: Secret | null;
  /** What Stripe signs its events with; null: they are not taken. */
  readonly stripeWebhookSecret: Secret | null;
  /** Where Stripe is; null: where it always is. */
  readonly stripeApiBase: string | null;
};

/** Tells the secret; itself it cannot be printed. */
export type Secret = () => string;

/** The environment does not say how to start; the message has one line per variable at fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The configuration that the environment describes, or ConfigError. An empty variable counts as not
 * set.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== '' || name === 'PAYGO_API_TOKENS'),
  );
  const unknown = Object.keys(set).filter(
    (name) => name.startsWith('PAYGO_') && !Object.hasOwn(variables.shape, name),
  );
  const parsed = variables.safeParse(set);
  const problems = [
    ...unknown.map((name) => `${name}: there is no such variable`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...(parsed.success ? togetherFaults(parsed.data) : []),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'));
  return frozen({
    port: parsed.data.PORT,
    dataFolder: parsed.data.PAYGO_DATA_DIR,
    eventStoreUrl: parsed.data.EVENTSTORE_URL,
    streamPrefix: parsed.data.PAYGO_STREAM_PREFIX,
    databaseUrl: parsed.data.DATABASE_URL,
    testClock: parsed.data.PAYGO_TEST_CLOCK,
    graceHours: parsed.data.PAYGO_GRACE_HOURS,
    roles: parsed.data.PAYGO_ROLES,
    tokens: parsed.data.PAYGO_API_TOKENS,
    logLevel: parsed.data.LOG_LEVEL,
    stripeSecretKey: parsed.data.STRIPE_SECRET_KEY,
    stripeWebhookSecret: parsed.data.STRIPE_WEBHOOK_SECRET,
    stripeApiBase: parsed.data.STRIPE_API_BASE,
  });
}

/** What each variable alone does not show. */
function togetherFaults(set: z.output<typeof variables>): readonly string[] {
  const isWhole = processRoles.every((role) => set.PAYGO_ROLES.includes(role));
  const isShared = set.EVENTSTORE_URL !== null && set.DATABASE_URL !== null;
  const isLive = /^[sr]k_live_/.test(set.STRIPE_SECRET_KEY?.() ?? '');
  return [
    ...(isWhole || isShared
      ? []
      : [
          'PAYGO_ROLES: a process with only some roles shares its work with others: it needs EVENTSTORE_URL and DATABASE_URL',
        ]),
    ...(isLive && set.PAYGO_TEST_CLOCK !== null
      ? [
          'STRIPE_SECRET_KEY: a live key would collect money for time that only passed on PAYGO_TEST_CLOCK: use a test key',
        ]
      : []),
  ];
}

/** What a variable names cannot be used. */
class StartFault extends Error {
  override readonly name = 'StartFault';
}

/** What fails here fails because of that variable, and says so in one line. */
export async function blaming<Result>(
  variable: 'EVENTSTORE_URL' | 'DATABASE_URL',
  doing: () => Promise<Result>,
): Promise<Result> {
  try {
    return await doing();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
    throw new StartFault(`${variable}: ${reason}`, { cause: error });
  }
}

/** Why the server cannot start; names the variable that is at fault, where one is. */
export function startFault(error: unknown, config: Config | undefined): string {
  if (!(error instanceof Error)) return String(error);
  if (config === undefined || error instanceof StartFault) return error.message;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const isOfPort = 'syscall' in error && error.syscall === 'listen';
  const fault = isOfPort ? portFaults.get(code) : folderFaults.get(code);
  if (fault === undefined) return error.message;
  return isOfPort
    ? `PORT: ${String(config.port)} ${fault}`
    : `PAYGO_DATA_DIR: ${config.dataFolder} ${fault}`;
}

const portFaults = new Map([
  ['EADDRINUSE', 'is in use'],
  ['EACCES', 'is not for this user to listen on'],
]);
const cannotBeWritten = 'cannot be written by this user';
const folderFaults = new Map([
  ['EEXIST', 'is no folder'],
  ['ENOTDIR', 'is no folder'],
  ['EACCES', cannotBeWritten],
  ['EPERM', cannotBeWritten],
  ['EROFS', cannotBeWritten],
  ['SQLITE_CANTOPEN', cannotBeWritten],
  ['SQLITE_READONLY', cannotBeWritten],
  ['SQLITE_READONLY_DIRECTORY', cannotBeWritten],
]);

const wholeNumber = (max: number) =>
  z
    .string()
    .transform((text) => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN))
    .refine((value) => value <= max, `must be a whole number from 0 to ${String(max)}`);

const testClock = z.string().transform((text, context) => {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  context.addIssue('must be an RFC 3339 instant, such as 2024-10-01T00:00:00Z');
  return z.NEVER;
});

const roles = z.string().transform((text, context): readonly ProcessRole[] => {
  const named = text.split(',').map((name) => name.trim());
  const stranger = named.find((name) => !processRoles.some((role) => role === name));
  if (stranger !== undefined) {
    context.addIssue(`"${stranger}" is no role; there are ${processRoles.join(', ')}`);
  }
  return processRoles.filter((role) => named.includes(role));
});

const eventStoreUrl = z
  .string()
  .regex(
    /^esdb(?:\+discover)?:\/\/[^/\s]+/,
    'must be of the form esdb://host:port?tls=false or esdb://user:password@host:port',
  );

const databaseUrl = z
  .string()
  .refine(
    (text) => /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text),
    'must be of the form postgresql://user:password@host:port/database',
  );

const streamPrefix = z
  .string()
  .regex(
    /^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/,
    'must be 1 to 40 letters, digits, - and _, a letter first',
  );

const token = z
  .string()
  .regex(/^[!-9;-~]{8,}:(?:admin|ingest|read|read:[^:\s]+)$/)
  .transform((entry): AccessToken => {
    const [text = '', role = '', customerId = null] = entry.split(':');
    const digest = createHash('sha256').update(text).digest('hex');
    return { digest, role: z.enum(['admin', 'ingest', 'read']).parse(role), customerId };
  });

const tokens = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => token.safeParse(entry.trim()));
  const bad = entries.findIndex(({ success }) => !success);
  if (bad >= 0) {
    context.addIssue(
      `entry ${String(bad + 1)} must be token:role, or token:read:customerId, with a token of at least` +
        ' 8 visible ASCII characters (no colon, no comma) and the role admin, ingest or read',
    );
  }
  const known = entries.flatMap(({ data }) => (data === undefined ? [] : [data]));
  if (new Set(known.map(({ digest }) => digest)).size < known.length) {
    context.addIssue('names one token twice');
  }
  return known;
});

const secret = (pattern: RegExp, form: string) =>
  z
    .string()
    .regex(pattern, `must be of the form ${form}`)
    .transform(
      (text): Secret =>
        () =>
          text,
    );

const stripeKey = secret(/^[sr]k_(?:test|live)_\w{8,}$/, 'sk_test_... or sk_live_...');
const stripeSigning = secret(/^whsec_[\w+/=]{8,}$/, 'whsec_...');

const stripeApiBase = z
  .string()
  .regex(
    /^(?:https:\/\/[^/@\s]+|http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?)$/,
    'must be of the form https://host, or http://127.0.0.1:port, without a path',
  );

const variables = z.object({
  PORT: wholeNumber(65_535).default(4000),
  PAYGO_DATA_DIR: z.string().default('./data'),
  PAYGO_TEST_CLOCK: testClock.nullable().default(null),
  PAYGO_GRACE_HOURS: wholeNumber(8760).default(24),
  PAYGO_ROLES: roles.default(processRoles),
  PAYGO_API_TOKENS: tokens.default([]),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info'),
  PAYGO_STREAM_PREFIX: streamPrefix.default('paygo-'),
  EVENTSTORE_URL: eventStoreUrl.nullable().default(null),
  DATABASE_URL: databaseUrl.nullable().default(null),
  STRIPE_SECRET_KEY: stripeKey.nullable().default(null),
  STRIPE_WEBHOOK_SECRET: stripeSigning.nullable().default(null),
  STRIPE_API_BASE: stripeApiBase.nullable().default(null),
});

function frozen<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) frozen(part as object);
  }
  return Object.freeze(value);
}
