import { type FastifyInstance } from 'fastify';

/** Whether the process can serve. Details of `ok` are shown as they are. */
export type Health =
  | ({ readonly status: 'ok' } & Readonly<Record<string, string>>)
  | { readonly status: 'starting' | 'failed'; readonly reason: string };

export function serveHealth(app: FastifyInstance, health: () => Health): void {
  app.get('/health', (_request, reply) => {
    const state = health();
    return reply
      .code(state.status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(state);
  });
}
