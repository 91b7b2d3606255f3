import { isUtf8 } from 'node:buffer';
import { type ApolloServer, type BaseContext } from '@apollo/server';
import fastifyApollo from '@as-integrations/fastify';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Authenticate, type RequestCaller } from './auth.ts';
import { addGate, callerOf } from './gate.ts';
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
  addGate(app, authenticate, health);
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
