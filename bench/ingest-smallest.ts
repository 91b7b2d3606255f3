import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Sqlite, sqliteDriver } from '../src/sqlite-driver.ts';
import { bytesIn } from './files.ts';
import { type ServerQuestion, type ServerState } from './ingest-server.ts';
import { peakBytes } from './process-figures.ts';
import { serve } from './processes.ts';

/**
 * The least that takes usage over HTTP, keeps it and counts it: parses each line, groups lines by
 * key and month, and appends one row for each group, with one flush for the requests that arrive
 * together; a thread counts what was appended.
 */
const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
const logFile = join(folder, 'smallest.db');
const db = new Sqlite(logFile);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE event (position INTEGER PRIMARY KEY, stream TEXT, data TEXT)');
const folding = new Worker(new URL('./ingest-smallest-fold.mjs', import.meta.url), {
  workerData: { driver: sqliteDriver, logFile, file: join(folder, 'fold.db') },
});
let isFolding = false;
let hasMore = false;
let folded: Folded = { hasMore: false, counted: 0, sum: '0' };
folding.on('message', (message: Folded) => {
  folded = message;
  if (message.hasMore) return;
  isFolding = false;
  if (hasMore) foldMore();
});

/** One message at a time: the thread takes all there is. */
function foldMore(): void {
  hasMore = isFolding;
  if (isFolding) return;
  isFolding = true;
  folding.postMessage('more');
}

type Folded = { readonly hasMore: boolean; readonly counted: number; readonly sum: string };

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
  foldMore();
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

const listening = once(server.listen(0, '127.0.0.1'), 'listening');

serve(
  async ({ drained }: ServerQuestion): Promise<ServerState> => {
    await listening;
    while (drained && (isFolding || hasMore)) await delay(2);
    const { user, system } = process.cpuUsage();
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${String(port)}`,
      folder,
      cpuSeconds: (user + system) / 1e6,
      peakBytes: peakBytes('self') ?? process.memoryUsage.rss(),
      counted: folded.counted,
      sum: folded.sum,
      bytes: bytesIn(folder),
    };
  },
  async () => {
    await listening;
    rmSync(folder, { recursive: true });
  },
);
