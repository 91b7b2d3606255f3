import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.ts';
import { createDatabase, type TestDatabase } from '../support/databases.ts';
import { startEventStoreDouble } from '../support/eventstore-double.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { expectReplaysAt } from '../support/replays.ts';
import { times } from '../support/stress.ts';
import { describeOutages, suffer, type Seen } from '../support/suffering.ts';

type Fault = {
  readonly name: string;
  /** Begins and ends. */
  readonly outage: (proxy: DatabaseProxy, database: TestDatabase) => Promise<void>;
};

const forMs = (name: string, begin: 'refuse' | 'pause', ms: number): Fault => ({
  name,
  async outage(proxy) {
    proxy[begin]();
    await delay(ms);
    proxy.resume();
  },
});

const faults: readonly Fault[] = [
  {
    name: 'its sessions are ended again and again',
    async outage(_proxy, database) {
      for (let turn = 0; turn < times(10, 100); turn += 1) {
        await database.endSessions();
        await delay(150);
      }
    },
  },
  forMs('it is gone, and comes back', 'refuse', 2000),
  forMs('it is gone for longer than leases live', 'refuse', 9000),
  forMs('it says nothing for a while', 'pause', 3000),
  forMs('it says nothing for longer than leases live', 'pause', 10_000),
];

/** Two servers that do everything, in mid-traffic as their database fails, and is well again. */
async function tried({ outage }: Fault): Promise<Seen> {
  const database = await createDatabase(inject('databaseUrl'));
  const proxy = await startDatabaseProxy(database.url);
  const double = await startEventStoreDouble();
  const folder = await temporaryFolder();
  const env = { EVENTSTORE_URL: double.url, DATABASE_URL: proxy.url, LOG_LEVEL: 'silent' };
  const servers: Running[] = [];
  try {
    servers.push(
      ...(await Promise.all([startHere(folder.path, env), startHere(folder.path, env)])),
    );
    return await suffer(servers, double, () => outage(proxy, database));
  } finally {
    for (const server of servers) await server.stop();
    await expectReplaysAt(double.url).finally(double.stop);
    proxy.close();
    await database.drop();
    await folder.remove();
  }
}

describeOutages('an outage of the database in mid-traffic', faults, tried, times(150_000, 300_000));
