import { setTimeout as sleep } from 'node:timers/promises';
import { startFakeStripe, fakeWebhookSecret, type FakeStripe } from './fake-stripe.ts';
import { fakeKey } from './fake-stripe-server.ts';

/** The environment of a server that collects by the fake. */
export const stripeEnv = ({ url }: Pick<FakeStripe, 'url'>) => ({
  STRIPE_SECRET_KEY: fakeKey,
  STRIPE_WEBHOOK_SECRET: fakeWebhookSecret,
  STRIPE_API_BASE: url,
});

/** Plays with a fake of its own. */
export async function withStripe<Result>(
  play: (stripe: FakeStripe) => Promise<Result>,
): Promise<Result> {
  const stripe = await startFakeStripe();
  try {
    return await play(stripe);
  } finally {
    await stripe.close();
  }
}

/** Until it is so. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  withinMs = 30_000,
): Promise<void> {
  const givenUpAt = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > givenUpAt) throw new Error(`it never came to this: ${what}`);
    await sleep(20);
  }
}

export type Health = Readonly<Record<string, string>>;

/** What the server at that API says of itself. */
export async function healthAt(apiUrl: string): Promise<Health> {
  const response = await fetch(apiUrl.replace('/graphql', '/health'));
  return (await response.json()) as Health;
}

/** Until nothing waits to be sent or withdrawn, so that many were. */
export const untilSent = (apiUrl: string, count: number, withinMs?: number): Promise<void> =>
  eventually(
    `${String(count)} invoices sent`,
    async () => {
      const { invoicesQueued, invoicesSent } = await healthAt(apiUrl);
      return invoicesQueued === '0' && Number(invoicesSent) >= count;
    },
    withinMs,
  );
