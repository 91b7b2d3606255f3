import { CompiledQuery, type Compilable, type Kysely, type RawBuilder } from 'kysely';
import { invariant } from '../src/kernel/invariant.ts';
import { type UsageTables } from './usage-tables.ts';

/** The most rows in one statement. */
const mostRows = 512;

/** A query, or text. */
type Statement<Result> = Compilable<Result> | RawBuilder<Result>;

type Done<Result> = { readonly rows: readonly Result[]; readonly written: number };

/**
 * Runs one statement over many rows, in their order, and gives what it returns and how many rows it
 * wrote. Making a
 * statement's text takes longer than running it, so each is made once for each of a few numbers of
 * rows. The query's parameters are the rows' columns, row by row, and nothing else.
 */
export function bulk<Row extends object, Result>(
  columns: readonly (keyof Row)[],
  sample: Row,
  build: (db: Kysely<UsageTables>, rows: readonly Row[]) => Statement<Result>,
) {
  const texts = new Map<string, string>();
  const textFor = (db: Kysely<UsageTables>, count: number): string => {
    const key = `${db.getExecutor().adapter.constructor.name} ${String(count)}`;
    let text = texts.get(key);
    if (text === undefined) {
      const { sql, parameters } = build(
        db,
        Array.from({ length: count }, () => sample),
      ).compile(db);
      invariant(parameters.length === count * columns.length, 'only the rows are parameters');
      text = sql;
      texts.set(key, text);
    }
    return text;
  };
  return async (db: Kysely<UsageTables>, rows: readonly Row[]): Promise<Done<Result>> => {
    const results: Result[] = [];
    let written = 0n;
    for (let from = 0; from < rows.length;) {
      const count = Math.min(mostRows, 2 ** Math.floor(Math.log2(rows.length - from)));
      const parameters: unknown[] = [];
      for (let index = from; index < from + count; index += 1) {
        for (const column of columns) parameters.push(rows[index]?.[column]);
      }
      const query = CompiledQuery.raw(textFor(db, count), parameters);
      const { rows: returned, numAffectedRows } = await db.executeQuery(query);
      for (const row of returned) results.push(row as Result);
      written += numAffectedRows ?? 0n;
      from += count;
    }
    return { rows: results, written: Number(written) };
  };
}
