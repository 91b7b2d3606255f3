import { connect } from 'node:net';

export type HttpAnswer = {
  readonly status: number;
  /** How long to wait before the same is sent again, where the answer says so. */
  readonly retryAfterMs: number | null;
  readonly body: string;
};

/** A connection that is kept, for one request at a time, as whole bytes: costs next to nothing. */
export type HttpLine = {
  ask(request: Buffer): Promise<HttpAnswer>;
  readonly close: () => void;
};

type Waiting = { resolve(answer: HttpAnswer): void; reject(error: Error): void };
type Head = { readonly status: number; readonly retryAfterMs: number | null; length: number };

const headEnd = '\r\n\r\n';

export function openLine(target: URL): HttpLine {
  const socket = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
  let waiting: Waiting | undefined;
  let head: Head | undefined;
  let chunks: Buffer[] = [];
  let bytes = 0;
  const fail = (error: Error): void => waiting?.reject(error);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (head === undefined) {
      const text = Buffer.concat(chunks).toString('latin1');
      const end = text.indexOf(headEnd);
      if (end < 0) return;
      head = headIn(text.slice(0, end));
      chunks = [Buffer.concat(chunks).subarray(end + headEnd.length)];
      bytes -= end + headEnd.length;
    }
    if (bytes < head.length) return;
    const { status, retryAfterMs } = head;
    const answered = waiting;
    const body = Buffer.concat(chunks).toString();
    [waiting, head, chunks, bytes] = [undefined, undefined, [], 0];
    answered?.resolve({ status, retryAfterMs, body });
  });
  socket.on('error', fail);
  socket.on('close', () => {
    fail(new Error('the connection was closed'));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (socket.destroyed) fail(new Error('the connection is closed'));
        else socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

function headIn(text: string): Head {
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined) throw new Error(`an answer without its length: ${text}`);
  const seconds = /\r\nretry-after: (\d+)/i.exec(text)?.[1];
  return {
    status: Number(text.slice(9, 12)),
    retryAfterMs: seconds === undefined ? null : Number(seconds) * 1000,
    length: Number(length),
  };
}

/** A request for that path, as bytes. */
export function postOf(target: URL, path: string, type: string, body: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${target.host}`,
    `content-type: ${type}`,
    `content-length: ${String(Buffer.byteLength(body))}`,
  ];
  return Buffer.from(`${head.join('\r\n')}${headEnd}${body}`);
}
