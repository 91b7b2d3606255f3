import { isUtf8 } from 'node:buffer';
import { type ApolloServer, type BaseContext } from '@apollo/server';
import fastifyApollo from '@as-integrations/fastify';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Authenticate, type Identity, type RequestCaller } from './auth.ts';
import { sendFailure } from './errors.ts';
import { type Health } from './health.ts';
import { MalformedJson, parseJson } from './json.ts';

export type GraphQLRoute<Context extends BaseContext> = {
  /** Started. */
  readonly apollo: ApolloServer<Context>;
  readonly context: (caller: RequestCaller) => Context | Promise<Context>;
  readonly authenticate: Authenticate;
  readonly health: () => Health;
};

/** POST and GET /graphql: identified callers and JSON bodies only. */
export async function serveGraphQL<Context extends BaseContext>(
  app: FastifyInstance,
  { apollo, context, authenticate, health }: GraphQLRoute<Context>,
): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, readJson);
  app.addHook('onRequest', async (request, reply) => {
    const identity = authenticate(request.headers.authorization);
    request.setDecorator<Identity | null>('identity', identity);
    if (identity !== null) return;
    await sendFailure(reply.header('www-authenticate', 'Bearer'), {
      status: 401,
      code: 'UNAUTHENTICATED',
      message: 'Send a token that this server knows, as Authorization: Bearer <token>.',
    });
  });
  app.addHook('onRequest', async (_request, reply) => {
    const state = health();
    if (state.status === 'ok') return;
    await sendFailure(reply.header('retry-after', '1'), {
      status: 503,
      code: 'UNAVAILABLE',
      message: `The server cannot answer now (${state.status}): ${state.reason}.`,
    });
  });
  app.addHook('preValidation', (request, _reply, done) => {
    const empty = request.method === 'POST' && request.body === undefined;
    done(empty ? new MalformedJson('there is none') : undefined);
  });
  await app.register(fastifyApollo(apollo), {
    path: '/graphql',
    method: ['GET', 'POST'],
    context: async (request) => context(callerOf(request)),
  });
}

const readJson = (
  _request: FastifyRequest,
  body: Buffer,
  done: (error: Error | null, value?: unknown) => void,
): void => {
  try {
    if (!isUtf8(body)) throw new MalformedJson('it is not UTF-8');
    done(null, parseJson(body.toString('utf8')));
  } catch (error) {
    done(error as Error);
  }
};

function callerOf(request: FastifyRequest): RequestCaller {
  const identity = request.getDecorator<Identity | null>('identity');
  if (identity === null)
    throw new Error('a request that nobody was found to have sent is turned away');
  return { ...identity, requestId: request.id };
}
