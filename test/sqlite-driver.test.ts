import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Sqlite, sqliteDriver } from '../src/sqlite-driver.ts';

const resolved = createRequire(import.meta.url).resolve(sqliteDriver);

describe('the driver of SQLite', () => {
  it('is the release that runs on this Node', () => {
    const db = new Sqlite(':memory:');
    expect(db.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 });
    db.close();
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const isOld = major < 22 || (major === 22 && minor < 14);
    expect(sqliteDriver).toBe(isOld ? 'better-sqlite3-12' : 'better-sqlite3');
  });

  it('leaves statements to the garbage collector, in a thread that ends, too', async () => {
    const script = `
      const Sqlite = require(${JSON.stringify(resolved)});
      const db = new Sqlite(':memory:');
      for (let at = 0; at < 20_000; at += 1) db.prepare('SELECT ' + at).get();
      new Sqlite(':memory:').prepare('SELECT 1').iterate();`;
    const worker = new Worker(script, { eval: true });
    expect(await once(worker, 'exit')).toEqual([0]);
  });
});
