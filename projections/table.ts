import { type CreateTableBuilder, type Kysely } from 'kysely';

/**
 * `?`: may be null. Positions and counts are bigint, which is integer where there is one size only.
 */
type ColumnType = 'text' | 'text?' | 'integer' | 'bigint';

export async function createTable<Tables>(
  db: Kysely<Tables>,
  name: string,
  columns: Readonly<Record<string, ColumnType>>,
  primaryKey: readonly string[],
): Promise<void> {
  let table: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const [column, type] of Object.entries(columns)) {
    table =
      type === 'text?'
        ? table.addColumn(column, 'text')
        : table.addColumn(column, type, (definition) => definition.notNull());
  }
  await table.addPrimaryKeyConstraint(`${name}_key`, [...primaryKey]).execute();
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
