import { type Logger } from 'pino';
import { type Deps } from './application/handle.ts';
import { takeNews } from './application/payment-news.ts';
import { type Payers } from './application/payment-ports.ts';
import { type Config } from './config.ts';
import { createWebhooks, type Webhooks } from './http/webhooks.ts';

/** Where customers are created at the payment provider; null: no key for it is set. */
export async function openPayers({
  roles,
  stripeSecretKey,
  stripeApiBase,
}: Config): Promise<Payers | null> {
  if (stripeSecretKey === null || !roles.includes('api')) return null;
  // Only where it is used: its client takes long to load.
  const { stripePayers } = await import('./payments/stripe-customers.ts');
  return stripePayers({ secretKey: stripeSecretKey(), apiBase: stripeApiBase });
}

/** How what the provider tells is taken; null: no secret to know it by is set. */
export async function openWebhooks(
  { roles, stripeWebhookSecret }: Config,
  deps: Deps,
  logger: Logger,
): Promise<Webhooks | null> {
  if (stripeWebhookSecret === null || !roles.includes('api')) return null;
  // As above.
  const { stripeWebhooks } = await import('./payments/stripe-webhooks.ts');
  const read = stripeWebhooks(stripeWebhookSecret());
  return createWebhooks({ read, take: takeNews(deps), logger });
}
