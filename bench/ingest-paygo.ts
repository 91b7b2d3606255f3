import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { apolloServer, buildApi } from '../schema/build.ts';
import { type Context } from '../schema/context.ts';
import { openClock } from '../src/application/clock.ts';
import { usageCommands } from '../src/application/usage.ts';
import { loadConfig } from '../src/config.ts';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { buildServer } from '../src/http/server.ts';

/** paygo's server, API and log, without the read models. */
const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
const log = openSqliteLog({ folder });
const clock = await openClock(log, null);
const engine = usageCommands({ log, clock });
const logger = pino({ level: 'error' });
const server = await buildServer({
  config: loadConfig({ PORT: '0' }),
  api: {
    apollo: apolloServer({ schema: buildApi(), logger }),
    // Usage asks for nothing else.
    context: (caller) => ({ engine, caller }) as unknown as Context,
    openRecording: (by) => Promise.resolve(engine.openRecording(by)),
    webhooks: null,
  },
  health: () => ({ status: 'ok' }),
  logger,
});
process.send?.({ url: await server.listen() });
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => {
  void end();
});

async function end(): Promise<void> {
  await server.close();
  await log.close();
  rmSync(folder, { recursive: true });
  process.exit();
}
