import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** What is behind a port: gets each connection. */
export type Behaviour = (socket: Socket) => void;

/** Ports of this machine that something listens on until they are closed. */
export function openPorts(): {
  readonly listening: (behaviour: Behaviour) => Promise<number>;
  readonly close: () => void;
} {
  const ends = new Set<{ destroy(): void }>();
  return {
    async listening(behaviour) {
      const server = createServer((socket) => {
        ends.add(socket);
        socket.on('error', () => undefined);
        behaviour(socket);
      });
      ends.add({ destroy: () => void server.close() });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    close() {
      for (const end of ends) end.destroy();
    },
  };
}

/** A port that nobody listens on. */
export async function refusing(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Takes connections, and says nothing. */
export const silent: Behaviour = (socket) => void socket.resume();

/** Answers whatever comes as a web server would that knows nothing of it. */
export const web: Behaviour = (socket) => {
  socket.once('data', () => {
    socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
};

/** PostgreSQL, for someone whose password is wrong. */
export const wrongPassword: Behaviour = (socket) => {
  socket.once('data', () => {
    socket.write(message('R', Buffer.from([0, 0, 0, 3])));
    socket.once('data', () => {
      const fields = 'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "paygo"\0\0';
      socket.end(message('E', Buffer.from(fields)));
    });
  });
};

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
