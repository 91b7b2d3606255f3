import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { spawnPaygo, temporaryFolder, type Spawned } from '../test/support/paygo.ts';
import { type Bench, type Run } from './bench.ts';
import { startDouble } from './eventstore.ts';
import { type Contents } from './eventstore-double.ts';
import { connect, postgres } from './postgres.ts';

const contents: Contents = { usageEvents: 1_000_000, linesPerEvent: 100 };
const pairs = 3;
const pollMs = 20;
const patienceMs = 180_000;

/** Processes that have just started still divide the shares among them. */
const settledMs = 8000;

export const twoProjectors: Bench = {
  name: 'two-projectors',
  about: 'two projectors that share the usage read models in PostgreSQL, beside one',
  obstacle: () => postgres.obstacle,
  async run(lab) {
    lab.note(`${await postgres.version()}; the log is a double of EventStoreDB`);
    await lab.compare({
      name: `${String(contents.usageEvents)} usage events for four metrics, ${String(contents.linesPerEvent)} at a time`,
      unit: 'usage events',
      pairs,
      ours: { name: 'two projectors', run: () => folded(2) },
      baseline: { name: 'one projector', run: () => folded(1) },
    });
  },
};

/** From when the usage stands in the log until the read models have counted it, all and once. */
async function folded(projectors: number): Promise<Run> {
  const double = startDouble();
  const database = await postgres.newDatabase();
  const db = await connect(database.url);
  const folder = await temporaryFolder();
  const running: Spawned[] = [];
  try {
    const { url } = await double.ask({ do: 'start' });
    await double.ask({ do: 'prepare', contents: 'account' });
    const account = await double.ask({ do: 'add' });
    await double.ask({ do: 'prepare', contents });
    const environment = {
      EVENTSTORE_URL: url,
      DATABASE_URL: database.url,
      PAYGO_ROLES: 'projector',
    };
    const starting = Array.from({ length: projectors }, async () => {
      running.push(await spawnPaygo(folder.path, environment));
    });
    await Promise.all(starting);
    await reached(db, BigInt(account.head));
    await delay(settledMs);
    const { head } = await double.ask({ do: 'add' });
    const startedAt = performance.now();
    await reached(db, BigInt(head));
    const seconds = (performance.now() - startedAt) / 1000;
    await checkCounted(db);
    return { count: contents.usageEvents, seconds, cpuSeconds: null };
  } finally {
    await Promise.all(running.map((one) => one.stop()));
    await double.stop();
    await folder.remove();
    await db.end();
    await database.drop();
  }
}

async function reached(db: pg.Client, position: bigint): Promise<void> {
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    const schema = await usageSchema(db);
    if (schema !== undefined && (await checkpointOf(db, schema)) >= position) return;
    await delay(pollMs);
  }
  throw new Error(`the read models have not reached ${String(position)}`);
}

/** Undefined until a projector has made it. */
async function usageSchema(db: pg.Client): Promise<string | undefined> {
  const { rows } = await db.query<{ name: string }>(
    `select nspname::text as name from pg_namespace join pg_class on relnamespace = pg_namespace.oid
     where relname = 'checkpoint' and nspname like 'paygo\\_usage\\_%'`,
  );
  return rows[0]?.name;
}

async function checkpointOf(db: pg.Client, schema: string): Promise<bigint> {
  const { rows } = await db.query<{ position: string }>(
    `select position::text from ${pg.escapeIdentifier(schema)}.checkpoint`,
  );
  return BigInt(rows[0]?.position ?? 0);
}

async function checkCounted(db: pg.Client): Promise<void> {
  const schema = pg.escapeIdentifier((await usageSchema(db)) ?? '');
  const { rows } = await db.query<{ ids: number }>(
    `select count(*)::integer as ids from ${schema}.usage_id`,
  );
  const counted = rows[0]?.ids;
  if (counted !== contents.usageEvents) throw new Error(`${String(counted)} ids were counted`);
}
