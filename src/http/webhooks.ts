import { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Logger } from 'pino';
import {
  type NewsOutcome,
  type NotGenuine,
  type PaymentNews,
  type ReadWebhook,
  type TakeNews,
} from '../application/payment-news.ts';
import { Unavailable } from '../application/ports.ts';
import { sendFailure } from './errors.ts';

type Outcome = NewsOutcome | NotGenuine | 'ignored' | 'unavailable';
type Answer = { readonly status: number; readonly outcome: Outcome };

/** What is done with the webhooks of the payment provider, and how many there were. */
export type Webhooks = {
  receive(body: Buffer, signature: string | undefined, requestId: string): Promise<Answer>;
  /** For /health. */
  figures(): Readonly<Record<'webhooksSeen' | 'webhooksRefused', string>>;
};

type Desk = {
  readonly read: ReadWebhook;
  readonly take: TakeNews;
  readonly logger: Logger;
};

export function createWebhooks({ read, take, logger }: Desk): Webhooks {
  let seen = 0;
  let refused = 0;
  return {
    async receive(body, signature, requestId) {
      seen += 1;
      const webhook = read(body, signature);
      if ('ignored' in webhook) return { status: 200, outcome: 'ignored' };
      if ('refused' in webhook) {
        refused += 1;
        const { refused: reason } = webhook;
        logger.warn({ requestId, reason }, 'a webhook was refused');
        return { status: 400, outcome: reason };
      }
      return takeOne(webhook.news, requestId, { take, logger });
    },
    figures: () => ({ webhooksSeen: String(seen), webhooksRefused: String(refused) }),
  };
}

async function takeOne(
  news: PaymentNews,
  requestId: string,
  { take, logger }: Pick<Desk, 'take' | 'logger'>,
): Promise<Answer> {
  const { causeId, invoiceId, externalId, status } = news;
  const details = { requestId, causeId, invoiceId, externalId, invoiceStatus: status };
  try {
    const outcome = await take(news, { actor: 'stripe', requestId });
    const isOurs = outcome !== 'unknown_invoice' && outcome !== 'other_external_invoice';
    logger[isOurs ? 'info' : 'warn']({ ...details, outcome }, 'a webhook told of an invoice');
    return { status: outcome === 'not_sent_yet' ? 409 : 200, outcome };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    logger.error({ ...details, err: error }, 'a webhook could not be recorded');
    return { status: 503, outcome: 'unavailable' };
  }
}

/** POST /webhooks/stripe: the signature of its body says who sent it. null: none are taken. */
export function serveWebhooks(app: FastifyInstance, webhooks: Webhooks | null): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.post('/webhooks/stripe', async (request, reply) => {
    if (webhooks === null) return sendNone(reply);
    const header = request.headers['stripe-signature'];
    const signature = typeof header === 'string' ? header : undefined;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { status, outcome } = await webhooks.receive(body, signature, request.id);
    return reply.code(status).send({ outcome });
  });
}

const sendNone = (reply: FastifyReply): FastifyReply =>
  sendFailure(reply, {
    status: 404,
    code: 'NOT_FOUND',
    message: 'Webhooks are not taken here: STRIPE_WEBHOOK_SECRET is not set.',
  });
