import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * The least that takes usage over HTTP and keeps it: parses each line, groups lines by key and
 * month, and appends one row for each group, with one flush for the requests that arrive together.
 */
const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
const db = new Database(join(folder, 'smallest.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE event (position INTEGER PRIMARY KEY, stream TEXT, data TEXT)');
const insert = db.prepare('INSERT INTO event (stream, data) VALUES (?, ?)');
const commit = db.transaction((groups: ReadonlyMap<string, readonly string[]>) => {
  for (const [stream, lines] of groups) insert.run(stream, `[${lines.join(',')}]`);
});

type Line = { readonly customerId: string; readonly timestamp: string };

let groups = new Map<string, string[]>();
let waiting: { readonly response: ServerResponse; readonly accepted: number }[] = [];

function flush(): void {
  const answered = waiting;
  commit(groups);
  groups = new Map();
  waiting = [];
  for (const { response, accepted } of answered) {
    const body = `{"accepted":${String(accepted)},"rejected":[]}`;
    response.writeHead(200, { 'content-length': body.length }).end(body);
  }
}

function take(text: string): void {
  const { customerId, timestamp } = JSON.parse(text) as Line;
  const stream = `${customerId}-${timestamp.slice(0, 7)}`;
  const group = groups.get(stream);
  if (group === undefined) groups.set(stream, [text]);
  else group.push(text);
}

const server = createServer((request, response) => {
  let rest = '';
  let accepted = 0;
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    const text = rest + chunk;
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      take(text.slice(from, end));
      accepted += 1;
      from = end + 1;
    }
    rest = text.slice(from);
  });
  request.on('end', () => {
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ response, accepted });
  });
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${String(port)}` });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => {
  db.close();
  rmSync(folder, { recursive: true });
  process.exit();
});
