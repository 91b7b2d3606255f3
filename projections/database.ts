import { type Kysely } from 'kysely';

/**
 * One version of a store: its tables stand beside those of other versions, in a place of its own.
 */
export type Generation = {
  readonly store: string;
  /** Of its projections' names and versions. */
  readonly fingerprint: string;
};

/** What those see of a store who only ask. */
export type StoreReader<Tables> = {
  readonly reader: Kysely<Tables>;
  /**
   * Several questions about one moment. Short, and only through the `db` given: other readers wait.
   */
  snapshot<Answer>(ask: (db: Kysely<Tables>) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
};

/** The place that one generation's tables have to themselves. */
export type Database<Tables> = {
  readonly writer: Kysely<Tables>;
  readonly reader: Kysely<Tables>;
  /** Within a transaction of the writer: nobody else makes or drops the tables until it ends. */
  claim(transaction: Kysely<Tables>): Promise<void>;
  tables(db: Kysely<Tables>): Promise<readonly string[]>;
  /** Within a transaction of the writer: nobody else moves the checkpoint until it ends. */
  readonly lockCheckpoint: (transaction: Kysely<Tables>) => Promise<void>;
  readonly snapshot: <Answer>(ask: (db: Kysely<Tables>) => Promise<Answer>) => Promise<Answer>;
  removeOtherGenerations(): Promise<void>;
  readonly close: () => Promise<void>;
};

/** Makes the tables unless they are there, whole. */
export type Prepare<Tables> = (database: Database<Tables>) => Promise<void>;

/** The database once it is prepared; closed when that fails. */
export async function prepared<Tables>(
  database: Database<Tables>,
  prepare: Prepare<Tables>,
): Promise<Database<Tables>> {
  try {
    await prepare(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
