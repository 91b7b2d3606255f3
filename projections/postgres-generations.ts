import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';

const oneDay = sql`interval '1 day'`;
const renewEveryMs = 3_600_000;

/** The schema at hand, and those of the same store's other versions. */
export type GenerationNames = {
  /** The schema of the table that says which generations are used. */
  readonly register: string;
  /** What the names of the store's schemas begin with. */
  readonly family: string;
  readonly schema: string;
};

/** Says that a generation is used, and drops those that nobody has used for a day. */
export type Generations = {
  /** Before anything is made or looked for: from then on nobody drops the schema. */
  use(): Promise<void>;
  /** Drops other generations that are not used; from then on, now and again. */
  removeOthers(): Promise<void>;
  close(): Promise<void>;
};

/**
 * A process that has a store open renews its generation's row each hour, and the row counts for a
 * day. So while versions are rolled out, and back, each finds its tables.
 */
export function openGenerations<Tables>(
  writer: Kysely<Tables>,
  names: GenerationNames,
): Generations {
  let removes = false;
  let renewing: Promise<void> = Promise.resolve();
  const removeOthers = async (): Promise<void> => {
    removes = true;
    await dropUnused(writer, names);
  };
  const renew = async (): Promise<void> => {
    await use(writer, names);
    if (removes) await removeOthers();
  };
  // One that fails is made up for by the next: a day has many.
  const timer = setInterval(() => {
    renewing = renew().catch(() => undefined);
  }, renewEveryMs).unref();
  return {
    use: () => use(writer, names),
    removeOthers,
    async close() {
      clearInterval(timer);
      await renewing;
    },
  };
}

async function use<Tables>(writer: Kysely<Tables>, names: GenerationNames): Promise<void> {
  const { register, schema } = names;
  const table = tableOf(names);
  await writer.transaction().execute(async (db) => {
    if (!(await claimSchema(register, db))) return;
    await sql`
      create table ${table} (schema text primary key, used_until timestamptz not null)
    `.execute(db);
  });
  await writer.transaction().execute(async (db) => {
    await lockSchema(schema, db);
    await sql`
      insert into ${table} (schema, used_until) values (${schema}, clock_timestamp() + ${oneDay})
      on conflict (schema) do update set used_until = excluded.used_until`.execute(db);
  });
}

async function dropUnused<Tables>(writer: Kysely<Tables>, names: GenerationNames): Promise<void> {
  const { family, schema } = names;
  const { rows } = await sql<{ name: string }>`
    select nspname::text as name from pg_namespace
    where nspname ~ ${`^${family}[0-9a-f]{16}$`} and nspname <> ${schema}`.execute(writer);
  for (const { name } of rows) {
    await writer.transaction().execute(async (db) => {
      await lockSchema(name, db);
      if (await isUsed(name, names, db)) return;
      await db.schema.dropSchema(name).ifExists().cascade().execute();
      await sql`delete from ${tableOf(names)} where schema = ${name}`.execute(db);
    });
  }
}

async function isUsed(
  name: string,
  names: GenerationNames,
  db: QueryExecutorProvider,
): Promise<boolean> {
  const { rows } = await sql`
    select from ${tableOf(names)}
    where schema = ${name} and used_until > clock_timestamp()`.execute(db);
  return rows.length > 0;
}

const tableOf = ({ register }: GenerationNames) => sql.table(`${register}.generation`);

/** Until the transaction ends, nobody else makes or drops that schema. */
const lockSchema = (schema: string, db: QueryExecutorProvider) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${schema}, 0))`.execute(db);

/** Locks the schema, as above, and makes it unless it is there: whether it did. */
export async function claimSchema<Tables>(schema: string, db: Kysely<Tables>): Promise<boolean> {
  await lockSchema(schema, db);
  // `if not exists` may go by what the session knew before it had the lock.
  const { rows } = await sql`select from pg_namespace where nspname = ${schema}`.execute(db);
  if (rows.length > 0) return false;
  await db.schema.createSchema(schema).execute();
  return true;
}
