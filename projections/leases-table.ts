import { sql, type Kysely, type QueryExecutorProvider, type RawBuilder } from 'kysely';
import { fingerprint } from '../src/kernel/ids.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Database } from './database.ts';

const tables = [
  `create table lease (
    name text collate "C" primary key,
    holder text not null,
    fence bigint not null,
    expires_at timestamptz not null)`,
  `create table member (
    "group" text collate "C",
    process text collate "C",
    expires_at timestamptz not null,
    primary key ("group", process))`,
] as const;

export const leasesGeneration = {
  store: 'leases',
  fingerprint: fingerprint(...tables).slice(0, 16),
};

/** Makes the tables, unless they are there. */
export async function prepareLeases<Tables>(database: Database<Tables>): Promise<void> {
  const areThere = async (db: Kysely<Tables>) => (await database.tables(db)).length > 0;
  if (await areThere(database.writer)) return;
  await database.writer.transaction().execute(async (db) => {
    await database.claim(db);
    if (await areThere(db)) return;
    for (const table of tables) await sql.raw(table).execute(db);
  });
}

/** The rows of leases and of those who share some. Time is the database's. */
export type LeaseTable = {
  /** The lease's new fence; null: another has it. */
  take(name: string): Promise<bigint | null>;
  /** Whether it is still held under that fence: if so, for another life. */
  renew(name: string, fence: bigint): Promise<boolean>;
  release(name: string, fence: bigint): Promise<void>;
  /** Whether it is held under that fence; if so, nobody takes it before the transaction ends. */
  isHeld(name: string, fence: bigint, transaction: QueryExecutorProvider): Promise<boolean>;
  /** Those of the names that nobody holds. */
  free(names: readonly string[]): Promise<readonly string[]>;
  /** Says that this process shares the group; all that do, in order. */
  attend(group: string): Promise<readonly string[]>;
  leave(group: string): Promise<void>;
};

type Options = {
  readonly schema: string;
  /** Who takes them. */
  readonly process: string;
  readonly ttlMs: number;
};

const now = sql`clock_timestamp()`;

export function leaseTable(
  db: QueryExecutorProvider,
  { schema, process, ttlMs }: Options,
): LeaseTable {
  const lease = sql.table(`${schema}.lease`);
  const expiry = sql`${now} + make_interval(secs => ${ttlMs / 1000})`;
  const held = (name: string, fence: bigint): RawBuilder<unknown> =>
    sql`name = ${name} and holder = ${process} and fence = ${Number(fence)}`;
  return {
    ...membership(db, sql.table(`${schema}.member`), process, expiry),
    async take(name) {
      const { rows } = await sql<{ fence: number }>`
        insert into ${lease} as lease (name, holder, fence, expires_at)
        select ${name}, ${process}, 1, ${expiry}
        where not exists (select from ${lease} where name = ${name} and expires_at > ${now})
        on conflict (name) do update
        set holder = excluded.holder, fence = lease.fence + 1, expires_at = excluded.expires_at
        where lease.expires_at <= ${now}
        returning fence`.execute(db);
      return rows[0] === undefined ? null : BigInt(rows[0].fence);
    },
    async renew(name, fence) {
      const { numAffectedRows } = await sql`
        update ${lease} set expires_at = ${expiry} where ${held(name, fence)}`.execute(db);
      return present(numAffectedRows, 'an update counts its rows') > 0n;
    },
    async release(name, fence) {
      await sql`
        update ${lease} set expires_at = ${now} where ${held(name, fence)}`.execute(db);
    },
    async isHeld(name, fence, transaction) {
      const { rows } = await sql`
        select from ${lease} where ${held(name, fence)} and expires_at > ${now} for share
      `.execute(transaction);
      return rows.length > 0;
    },
    async free(names) {
      const { rows } = await sql<{ name: string }>`
        select name from ${lease}
        where name in (${sql.join(names)}) and expires_at > ${now}`.execute(db);
      const taken = new Set(rows.map(({ name }) => name));
      return names.filter((name) => !taken.has(name));
    },
  };
}

const membership = (
  db: QueryExecutorProvider,
  member: RawBuilder<unknown>,
  process: string,
  expiry: RawBuilder<unknown>,
): Pick<LeaseTable, 'attend' | 'leave'> => ({
  async attend(group) {
    await sql`
      insert into ${member} ("group", process, expires_at) values (${group}, ${process}, ${expiry})
      on conflict ("group", process) do update set expires_at = excluded.expires_at`.execute(db);
    await sql`
      delete from ${member} where "group" = ${group} and expires_at <= ${now}`.execute(db);
    const { rows } = await sql<{ process: string }>`
      select process from ${member} where "group" = ${group} order by process`.execute(db);
    return rows.map((row) => row.process);
  },
  async leave(group) {
    await sql`
      delete from ${member} where "group" = ${group} and process = ${process}`.execute(db);
  },
});
