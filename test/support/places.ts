import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inject } from 'vitest';
import { postgresPool } from '../../projections/postgres-pool.ts';
import { type PostgresPlace, type Session } from '../../projections/postgres.ts';
import { type StorePlace } from '../../projections/store.ts';
import { fingerprint } from '../../src/kernel/ids.ts';
import { pglitePool } from './pglite.ts';
import { type StoreKind } from './store-kinds.ts';
import { times } from './stress.ts';

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
  times(1, 10) * (storeKind === 'sqlite' ? inProcess : Math.ceil(inProcess / 5));

/** A new folder. It stands for a place in the database, too. */
export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'paygo-'));

/** Where the stores of that folder stand. */
export const placeOf = (folder: string): StorePlace =>
  storeKind === 'sqlite' ? { folder } : { postgres: postgresOf(folder) };

export const postgresOf = (folder: string): PostgresPlace =>
  storeKind === 'pglite'
    ? { pool: pglitePool, prefix: prefixOf(folder) }
    : { pool: serverPool(inject('databaseUrl')), prefix: prefixOf(folder) };

/** Connections to the server that the URL names. */
export const serverPool =
  (url: string): PostgresPlace['pool'] =>
  (connections, withinMs) =>
    postgresPool(url, connections, withinMs);

/** The files or schemas of the folder's stores. */
export async function generationsIn(folder: string): Promise<readonly string[]> {
  if (storeKind === 'sqlite') return readdirSync(folder).filter((file) => file.endsWith('.db'));
  return inSession(async (session) => {
    const schemas = await schemasOf(folder, session);
    return schemas.filter((name) => name !== registerOf(folder));
  });
}

/** A day passes in which no process has any of the folder's stores open. */
export async function dayPasses(folder: string): Promise<void> {
  if (storeKind === 'sqlite') return;
  await inSession(async (session) => {
    await session.query(`delete from ${registerOf(folder)}.generation`, []);
  });
}

/** Removes the folder, and what stands in the database for it. */
export async function discard(folder: string): Promise<void> {
  if (storeKind !== 'sqlite') {
    await inSession(async (session) => {
      for (const schema of await schemasOf(folder, session))
        await session.query(`drop schema "${schema}" cascade`, []);
    });
  }
  rmSync(folder, { recursive: true });
}

const prefixOf = (folder: string): string => `test_${fingerprint(basename(folder)).slice(0, 12)}`;

const registerOf = (folder: string): string => `${prefixOf(folder)}_generations`;

async function schemasOf(folder: string, session: Session): Promise<readonly string[]> {
  const text = 'select nspname::text as name from pg_namespace where nspname like $1';
  const found = await session.query(text, [`${prefixOf(folder)}%`]);
  return (found as unknown as { rows: { name: string }[] }).rows.map(({ name }) => name);
}

async function inSession<Result>(use: (session: Session) => Promise<Result>): Promise<Result> {
  const sessions = postgresOf('').pool(1);
  const session = await sessions.connect();
  try {
    await session.query('set default_transaction_read_only to off', []);
    return await use(session);
  } finally {
    session.release();
    await sessions.end();
  }
}
