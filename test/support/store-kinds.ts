/** The databases that read models stand in; pglite is PostgreSQL within the process. */
export type StoreKind = 'sqlite' | 'pglite' | 'postgres';

/** What a vitest project provides for suites that are to be run on that database. */
export const provided = (storeKind: StoreKind) => ({
  storeKind,
  databaseUrl: process.env['DATABASE_URL'] ?? '',
});

/** Whether there is a PostgreSQL server to test with; says so when there is none. */
export function hasPostgres(): boolean {
  const has = provided('postgres').databaseUrl !== '';
  if (!has) console.log('Skipped on a PostgreSQL server: DATABASE_URL is not set.');
  return has;
}
