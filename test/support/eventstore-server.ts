import { EventStoreDBClient } from '@eventstore/db-client';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { positionOf } from '../../src/event-log/eventstoredb-names.ts';
import { type EventStoreDouble } from './eventstore-double.ts';

/** Deletes what a test has written to a server. */
export async function removeStreams(url: string, prefix: string): Promise<void> {
  const log = openEventStoreLog({ url, prefix });
  const client = EventStoreDBClient.connectionString(url);
  try {
    const streams = new Set((await log.readAll()).events.map(({ stream }) => stream));
    for (const stream of streams) await client.deleteStream(`${prefix}${stream}`);
  } finally {
    await client.dispose();
    await log.close();
  }
}

/** The position of the last event that the double holds, as paygo tells positions. */
export function headOf({ store }: Pick<EventStoreDouble, 'store'>): bigint {
  const last = store.all.at(-1);
  return last === undefined ? 0n : positionOf({ prepare: last.position });
}
