import Stripe from 'stripe';
import { ProviderUnavailable } from '../application/payment-ports.ts';

export type StripeAccess = {
  readonly secretKey: string;
  /** Where Stripe is; null: where it always is. */
  readonly apiBase: string | null;
  readonly timeoutMs?: number;
};

const apiVersion = '2026-10-28.endive';
const timeoutMs = 20_000;

/** Retries are up to the caller, who looks first. */
export function stripeClient({ secretKey, apiBase, ...options }: StripeAccess): Stripe {
  const url = apiBase === null ? null : new URL(apiBase);
  return new Stripe(secretKey, {
    apiVersion,
    maxNetworkRetries: 0,
    timeout: options.timeoutMs ?? timeoutMs,
    telemetry: false,
    ...(url === null
      ? {}
      : {
          protocol: url.protocol === 'http:' ? 'http' : 'https',
          host: url.hostname,
          port: url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port),
        }),
  });
}

/** Stripe says no, and would again: its own words. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** Whether it says that there is no such thing. */
  readonly isMissing: boolean;
  constructor(message: string, isMissing = false) {
    super(message);
    this.isMissing = isMissing;
  }
}

/** What Stripe does not know is null. */
export const unlessMissing = <Result>(asked: Promise<Result>): Promise<Result | null> =>
  asked.catch((error: unknown) => {
    if (error instanceof Refused && error.isMissing) return null;
    throw error;
  });

const messageMax = 500;

/** The words without what might be a key. */
export const shownMessage = (message: string): string =>
  message.replaceAll(/\b(?:[sr]k_(?:test|live)|whsec)_[\w*]+/g, '(a key)').slice(0, messageMax);

/** Calls to Stripe that may write, each under a key of ours. */
export type Calls = {
  read<Result>(ask: () => Promise<Result>): Promise<Result>;
  /** Does it once, however often it is asked for under that key. */
  write<Result>(
    key: string,
    ask: (options: { readonly idempotencyKey: string }) => Promise<Result>,
  ): Promise<Result>;
};

const burntMax = 10_000;

/**
 * For a day Stripe answers a key as it did first, its own failures too. Then the key is of no use
 * any more; what it stood for has ended by then, so that whoever has looked may use another.
 */
export type Keys = { readonly of: (key: string) => string; readonly burn: (key: string) => void };

export function createKeys(): Keys {
  const burnt = new Map<string, number>();
  return {
    of: (key) => {
      const times = burnt.get(key);
      return times === undefined ? key : `${key}-${String(times)}`;
    },
    burn: (key) => {
      const times = (burnt.get(key) ?? 0) + 1;
      burnt.delete(key);
      burnt.set(key, times);
      const [oldest] = burnt.keys();
      if (burnt.size > burntMax && oldest !== undefined) burnt.delete(oldest);
    },
  };
}

/** Throws Refused, and ProviderUnavailable for all else that Stripe answers, or does not. */
export function stripeCalls(keys: Keys, signal: AbortSignal): Calls {
  const call = async <Result>(ask: () => Promise<Result>, key: string | null): Promise<Result> => {
    if (signal.aborted) throw new ProviderUnavailable('this process leaves it to another');
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeError)) throw error;
      if (key !== null && isSpent(error)) keys.burn(key);
      if (isPassing(error)) throw unavailable(error);
      throw new Refused(shownMessage(error.message), error.code === 'resource_missing');
    }
  };
  return {
    read: (ask) => call(ask, null),
    write: (key, ask) => call(() => ask({ idempotencyKey: keys.of(key) }), key),
  };
}

const isOfKey = ({ rawType }: Stripe.errors.StripeError): boolean =>
  rawType === 'idempotency_error';

/** A kept failure, or a key that stands for other words: an earlier release's. */
const isSpent = (error: Stripe.errors.StripeError): boolean =>
  (statusOf(error) >= 500 && error.headers?.['idempotent-replayed'] === 'true') ||
  (isOfKey(error) && statusOf(error) === 400);

/** 401 and 403 are about our key, never about this invoice. */
const isPassing = (error: Stripe.errors.StripeError): boolean =>
  [0, 401, 403, 409, 429].includes(statusOf(error)) || statusOf(error) >= 500 || isOfKey(error);

/** 0: there was no answer. */
const statusOf = ({ statusCode }: Stripe.errors.StripeError): number => statusCode ?? 0;

/** What is about all invoices alike: too many calls, a wrong key. */
const pauses = new Map([
  [429, 1000],
  [401, 30_000],
  [403, 30_000],
]);

function unavailable(error: Stripe.errors.StripeError): ProviderUnavailable {
  const status = statusOf(error);
  const told = status === 0 ? 'no answer' : `status ${String(status)}`;
  const seconds = Number(error.headers?.['retry-after'] ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : null;
  return new ProviderUnavailable(
    `Stripe: ${told}: ${shownMessage(error.message)}`,
    retryAfterMs ?? pauses.get(status) ?? null,
  );
}
