import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Stands before a PostgreSQL server, and can fail as the server or the network would. */
export type DatabaseProxy = {
  readonly url: string;
  /** Breaks all connections, and refuses new ones. */
  refuse(): void;
  /** Nothing passes, and nothing breaks. */
  pause(): void;
  /** All is well again. */
  resume(): void;
  close(): void;
};

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const url = new URL(databaseUrl);
  const folder = url.searchParams.get('host');
  const port = url.port === '' ? '5432' : url.port;
  const target = (): Socket =>
    folder === null ? connect(Number(port), url.hostname) : connect(`${folder}/.s.PGSQL.${port}`);
  const sockets = new Set<Socket>();
  let state: 'well' | 'refused' | 'paused' = 'well';
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    if (state === 'paused') socket.pause();
    return socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  };
  const server = createServer((client) => {
    if (state === 'refused') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const database = keep(target());
    keep(client);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => to.destroy());
      if (state === 'paused') from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    refuse() {
      state = 'refused';
      breakAll();
    },
    pause() {
      state = 'paused';
      for (const socket of sockets) socket.pause();
    },
    resume() {
      state = 'well';
      for (const socket of sockets) socket.resume();
    },
    close() {
      breakAll();
      server.close();
    },
  };
}
