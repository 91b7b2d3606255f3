import { type ApolloServer, type BaseContext } from '@apollo/server';
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { type Logger } from 'pino';
import { type Config } from '../config.ts';
import { authentication, type Identity, isLoopbackHost, type RequestCaller } from './auth.ts';
import { drained } from './drain.ts';
import {
  failureOf,
  type HttpFailure,
  isBodyTooLarge,
  malformedRequest,
  sendFailure,
} from './errors.ts';
import { serveGraphQL } from './graphql.ts';
import { type Health, serveHealth } from './health.ts';
import { type OpenRecording, serveIngest } from './ingest.ts';
import { limitBodyTime } from './body-time.ts';
import { requestIdOf } from './request-id.ts';
import { serveWebhooks, type Webhooks } from './webhooks.ts';

const bodyLimitBytes = 4 * 1024 * 1024;

export type Api<Context extends BaseContext> = {
  /** Not started yet: the server starts and stops it. */
  readonly apollo: ApolloServer<Context>;
  readonly context: (caller: RequestCaller) => Context | Promise<Context>;
  /** Takes usage in bulk; without it there is no /ingest. */
  readonly openRecording?: OpenRecording;
  /** null: none are taken. */
  readonly webhooks: Webhooks | null;
};

export type ServerParts<Context extends BaseContext> = {
  readonly config: Pick<Config, 'port' | 'tokens'>;
  /** null: a process without the API, which only tells how it is. */
  readonly api: Api<Context> | null;
  readonly health: () => Health;
  readonly logger: Logger;
};

export type HttpServer = {
  /** Takes requests from now on; the URL at which this machine reaches it. */
  listen(): Promise<string>;
  /** Takes no more requests, lets those under way end, up to 10 s. */
  close(): Promise<void>;
};

export async function buildServer<Context extends BaseContext>(
  parts: ServerParts<Context>,
): Promise<HttpServer> {
  const { config, api, health, logger } = parts;
  const isOpen = config.tokens.length === 0;
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
  });
  app.decorateRequest('identity', null);
  nameRequests(app);
  limitBodyTime(app);
  checkHosts(app, isOpen);
  logRequests(app, logger);
  answerFailures(app, logger);
  endConnectionsOnClose(app);
  serveHealth(app, health);
  if (api !== null) {
    const { openRecording } = api;
    api.apollo.addPlugin(fastifyApolloDrainPlugin(app));
    await api.apollo.start();
    const authenticate = authentication(config.tokens);
    await app.register((scope) => serveGraphQL(scope, { ...api, authenticate, health }));
    if (openRecording !== undefined) {
      await app.register((scope) => serveIngest(scope, { openRecording, authenticate, health }));
    }
    await app.register(async (scope) => {
      serveWebhooks(scope, api.webhooks);
    });
  }

  return {
    async listen() {
      const url = await app.listen({ port: config.port, host: isOpen ? '127.0.0.1' : '0.0.0.0' });
      if (isOpen && api !== null) {
        logger.info(
          'PAYGO_API_TOKENS is not set: only this machine is served, and whoever asks may do everything',
        );
      }
      return url;
    },
    close: () => (api === null ? app.close() : api.apollo.stop()),
  };
}

function nameRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
}

function checkHosts(app: FastifyInstance, isOpen: boolean): void {
  app.addHook('onRequest', async ({ host }, reply) => {
    if (!URL.canParse(`http://${host}/`)) await sendFailure(reply, malformedRequest);
    else if (isOpen && !isLoopbackHost(host)) await sendFailure(reply, foreignHost);
  });
}

/** A web page may point its own name at this machine; its requests then carry that name. */
const foreignHost: HttpFailure = {
  status: 403,
  code: 'FORBIDDEN',
  message: 'Without PAYGO_API_TOKENS only requests to localhost are answered.',
};

/**
 * An answer given while the server closes is its connection's last: a kept one would hold up the
 * end.
 */
function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
}

function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    logger.debug(
      {
        requestId: request.id,
        actor: request.getDecorator<Identity | null>('identity')?.actor ?? null,
        method: request.method,
        path: request.url.split('?', 1)[0],
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
      },
      'request',
    );
    done();
  });
}

function answerFailures(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler(async (error, request, reply) => {
    const failure = failureOf(error, bodyLimitBytes);
    if (failure.status >= 500)
      logger.error({ err: error, requestId: request.id }, 'request failed');
    if (isBodyTooLarge(error)) await drained(request.raw);
    await sendFailure(reply, failure);
  });
  app.setNotFoundHandler(async (_request, reply) => {
    await sendFailure(reply, {
      status: 404,
      code: 'NOT_FOUND',
      message:
        'There is nothing here: the API is at POST /graphql, usage in bulk goes to POST /ingest, the state of the server is at GET /health.',
    });
  });
}
