import { type FastifyInstance } from 'fastify';

const longestMs = 60_000;

/**
 * Ends a connection whose request has not come in whole within a minute; one of /ingest may take as
 * long as it likes, as long as it goes on.
 */
export function limitBodyTime(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.url.startsWith('/ingest')) {
      const end = setTimeout(() => {
        if (request.raw.complete) return;
        request.raw.socket.end('HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n');
        request.raw.destroy();
      }, longestMs).unref();
      reply.raw.once('close', () => {
        clearTimeout(end);
      });
    }
    done();
  });
}
