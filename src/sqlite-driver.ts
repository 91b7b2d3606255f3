import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

/**
 * better-sqlite3 comes built for all that speak version 10 of Node-API. Node before 22.14 does not,
 * and crashes as it loads it: release 12 is for that alone, since on Node from 24.19 what is built
 * of it ends the process when statements are collected as garbage (nodejs/node, issue 65446).
 */
const isOld = Number(process.versions.napi) < 10;

export const sqliteDriver = isOld ? 'better-sqlite3-12' : 'better-sqlite3';

export const Sqlite = load();
export const { SqliteError } = Sqlite;

function load(): typeof BetterSqlite3 {
  try {
    const driver = createRequire(import.meta.url)(sqliteDriver) as typeof BetterSqlite3;
    // Release 12 looks for what was built of it only now.
    new driver(':memory:').close();
    return driver;
  } catch (error) {
    const what = isOld
      ? 'install Node 22.14 or newer, or what node-gyp needs (Python, make and a C++ compiler)'
      : 'there may be none built for this kind of machine';
    throw new Error(
      `${sqliteDriver} is not there for Node ${process.version}: ${what}, then run npm ci again`,
      { cause: error },
    );
  }
}
