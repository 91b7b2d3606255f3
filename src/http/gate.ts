import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Authenticate, type Identity, type RequestCaller } from './auth.ts';
import { sendFailure } from './errors.ts';
import { type Health } from './health.ts';

/** Lets in whom the server knows, and nobody while it cannot serve; looks at headers only. */
export function addGate(
  app: FastifyInstance,
  authenticate: Authenticate,
  health: () => Health,
): void {
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
}

export function callerOf(request: FastifyRequest): RequestCaller {
  const identity = request.getDecorator<Identity | null>('identity');
  if (identity === null)
    throw new Error('a request that nobody was found to have sent is turned away');
  return { ...identity, requestId: request.id };
}
