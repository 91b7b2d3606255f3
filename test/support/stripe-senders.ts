import { createSendings } from '../../projections/sendings.ts';
import { type ReadModels } from '../../projections/read-models.ts';
import { type PaygoClock } from '../../src/application/clock.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { type Sendings } from '../../src/application/payment-ports.ts';
import { createSender, type Sender } from '../../src/application/sending.ts';
import { stripeProvider } from '../../src/payments/stripe.ts';
import { fakeKey } from './fake-stripe-server.ts';
import { type FakeStripe } from './fake-stripe.ts';

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // Nobody reads it.
}

type Process = {
  readonly log: EventLog;
  readonly clock: PaygoClock;
  readonly models: Pick<ReadModels, 'main' | 'waitForMain'>;
};

/** What sends in a process, to the fake, and tries again at once. */
export function senderOf(
  { log, clock, models }: Process,
  stripe: FakeStripe,
  logger: typeof silent = silent,
): { readonly sender: Sender; readonly sendings: Sendings } {
  const sendings = createSendings(models);
  const provider = stripeProvider({ secretKey: fakeKey, apiBase: stripe.url, timeoutMs: 2000 });
  const times = { baseMs: 2, maxMs: 20 };
  return { sender: createSender({ log, clock, sendings, provider, logger, times }), sendings };
}
