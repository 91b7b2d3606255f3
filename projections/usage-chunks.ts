import {
  sql,
  SqliteAdapter,
  type QueryExecutorProvider,
  type RawBuilder,
  type SqlBool,
} from 'kysely';

/** Stretches of the list, short enough for one statement's parameters. */
export function* chunked<T>(list: readonly T[], size = 500): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}

/** Whether the column is one of these; where the store can, in a statement of one text for all. */
export function among(
  db: QueryExecutorProvider,
  column: string,
  values: readonly string[],
): RawBuilder<SqlBool> {
  const list =
    db.getExecutor().adapter instanceof SqliteAdapter
      ? sql`select value from json_each(${JSON.stringify(values)})`
      : sql.join(values);
  return sql`${sql.ref(column)} in (${list})`;
}
