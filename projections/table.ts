import { sql, SqliteAdapter, type CreateTableBuilder, type Kysely } from 'kysely';

/**
 * `?`: may be null. Positions and counts are bigint, which is integer where there is one size only.
 */
type ColumnType = 'text' | 'text?' | 'integer' | 'bigint' | 'bigint?';

/** byKey: where the store can, the rows stand in the primary key's own tree. */
export async function createTable<Tables>(
  db: Kysely<Tables>,
  name: string,
  columns: Readonly<Record<string, ColumnType>>,
  primaryKey: readonly string[],
  { byKey = false } = {},
): Promise<void> {
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter;
  // As SQLite compares text, and as instants and ids are meant to be compared: byte by byte.
  const text = isSqlite ? sql`text` : sql`text collate "C"`;
  let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) {
    const isText = type === 'text' || type === 'text?';
    table = table.addColumn(column, isText ? text : sql.raw(type.replace('?', '')), (definition) =>
      type.endsWith('?') ? definition : definition.notNull(),
    );
  }
  if (primaryKey.length > 0) table = table.addPrimaryKeyConstraint(`${name}_key`, [...primaryKey]);
  if (byKey && isSqlite) table = table.modifyEnd(sql`without rowid`);
  await table.execute();
}

/** An index of the table, named after it and what it is by. */
export const createIndex = <Tables>(
  db: Kysely<Tables>,
  table: string,
  by: string,
  columns: readonly string[],
): Promise<void> =>
  db.schema
    .createIndex(`${table}_by_${by}`)
    .on(table)
    .columns([...columns])
    .execute();
