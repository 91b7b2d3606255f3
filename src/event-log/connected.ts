import { type EventLog } from '../application/ports.ts';

/** Where the log of an event store is. */
export type EventStorePlace = { readonly eventStoreUrl: string; readonly streamPrefix: string };

/** The log in an event store that has answered. Throws Unavailable when it does not. */
export async function connectEventStore(place: EventStorePlace): Promise<EventLog> {
  // Only where it is used: its client takes long to load.
  const { openEventStoreLog } = await import('./eventstoredb.ts');
  const log = openEventStoreLog({ url: place.eventStoreUrl, prefix: place.streamPrefix });
  try {
    await log.head();
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}
