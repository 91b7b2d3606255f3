import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inject } from 'vitest';
import { postgresPool } from '../../projections/postgres-pool.ts';
import { type PostgresPlace, type SessionPool } from '../../projections/postgres.ts';
import { type StorePlace } from '../../projections/store.ts';
import { fingerprint } from '../../src/kernel/ids.ts';
import { pglitePool } from './pglite.ts';
import { type StoreKind } from './store-kinds.ts';

declare module 'vitest' {
  interface ProvidedContext {
    storeKind: StoreKind;
    databaseUrl: string;
  }
}

/** Which database the suite at hand is run on: see vitest.config.ts. */
export const storeKind: StoreKind = inject('storeKind');

/** How often a property is tried: less where each time takes many round trips. */
export const runs = (inProcess: number): number =>
  storeKind === 'sqlite' ? inProcess : Math.ceil(inProcess / 5);

/** A new folder. It stands for a place in the database, too. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'paygo-'));

/** Where the stores of that folder stand. */
export const placeOf = (folder: string): StorePlace =>
  storeKind === 'sqlite' ? { folder } : { postgres: postgresOf(folder) };

export const postgresOf = (folder: string): PostgresPlace => ({
  pool,
  prefix: prefixOf(folder),
  dropsOthers: true,
});

/** The files or schemas of the folder's stores. */
export async function generationsIn(folder: string): Promise<readonly string[]> {
  if (storeKind === 'sqlite') return readdirSync(folder).filter((file) => file.endsWith('.db'));
  return inSession(async (session) => {
    const text = 'select nspname::text as name from pg_namespace where nspname like $1';
    const found = await session.query(text, [`${prefixOf(folder)}%`]);
    return (found as unknown as { rows: { name: string }[] }).rows.map(({ name }) => name);
  });
}

/** Removes the folder, and what stands in the database for it. */
export async function discard(folder: string): Promise<void> {
  if (storeKind !== 'sqlite') {
    const schemas = await generationsIn(folder);
    await inSession(async (session) => {
      for (const schema of schemas) await session.query(`drop schema "${schema}" cascade`, []);
    });
  }
  rmSync(folder, { recursive: true });
}

const pool = (connections: number): SessionPool =>
  storeKind === 'pglite' ? pglitePool() : postgresPool(inject('databaseUrl'), connections);

const prefixOf = (folder: string): string => `test_${fingerprint(basename(folder)).slice(0, 12)}`;

async function inSession<Result>(
  use: (session: Awaited<ReturnType<SessionPool['connect']>>) => Promise<Result>,
): Promise<Result> {
  const sessions = pool(1);
  const session = await sessions.connect();
  try {
    await session.query('set default_transaction_read_only to off', []);
    return await use(session);
  } finally {
    session.release();
    await sessions.end();
  }
}
