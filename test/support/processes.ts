import { inject, onTestFinished } from 'vitest';
import { createDatabase, type TestDatabase } from './databases.ts';
import { startEventStoreDouble, type EventStoreDouble } from './eventstore-double.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { spawnPaygo, temporaryFolder, type Spawned } from './paygo.ts';
import { expectReplaysAt } from './replays.ts';

type Environment = Readonly<Record<string, string>>;
type Counts = { readonly api: number; readonly projector: number; readonly biller: number };

/** One paygo of several processes, which share an event store (a double) and a database. */
export type Fleet = {
  readonly double: EventStoreDouble;
  readonly database: TestDatabase;
  readonly env: Environment;
  readonly api: readonly Spawned[];
  readonly projector: readonly Spawned[];
  readonly biller: readonly Spawned[];
  /** Before the api processes. */
  readonly gateway: Gateway;
  /** One more process. */
  spawn(roles: string): Promise<Spawned>;
};

/** A fleet, gone after the test. */
export async function startFleet(counts: Counts, more: Environment = {}): Promise<Fleet> {
  const double = await startEventStoreDouble();
  // The last to be told runs first: by then, its processes are gone.
  onTestFinished(() => expectReplaysAt(double.url).finally(double.stop));
  const database = await createDatabase(inject('databaseUrl'));
  onTestFinished(() => database.drop());
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  const env = { EVENTSTORE_URL: double.url, DATABASE_URL: database.url, ...more };
  const spawn = async (roles: string): Promise<Spawned> => {
    const spawned = await spawnPaygo(folder.path, { ...env, PAYGO_ROLES: roles });
    onTestFinished(() => spawned.kill());
    return spawned;
  };
  const spawnAll = (role: keyof Counts): Promise<readonly Spawned[]> =>
    Promise.all(Array.from({ length: counts[role] }, () => spawn(role)));
  const [api, projector, biller] = await Promise.all([
    spawnAll('api'),
    spawnAll('projector'),
    spawnAll('biller'),
  ]);
  const gateway = createGateway(api.map(({ client }) => client));
  return { double, database, env, api, projector, biller, gateway, spawn };
}
