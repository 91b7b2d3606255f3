import {
  ANY,
  EventStoreDBClient,
  jsonEvent,
  START,
  streamNameFilter,
  type AllStreamResolvedEvent,
  type RecordedEvent,
} from '@eventstore/db-client';
import { type EventLog, type NewEvent } from '../src/application/ports.ts';
import { openEventStoreLog } from '../src/event-log/eventstoredb.ts';
import { type Run } from './bench.ts';
import { serve } from './processes.ts';
import { repeated, timed } from './stopwatch.ts';
import { newEvent, recordings } from './usage.ts';

export type Via = 'adapter' | 'client';

export type Appending = {
  readonly concurrency: number;
  readonly eventsPerAppend: number;
  readonly linesPerEvent: number;
  readonly seconds: number;
};

/** All of the log, which holds so many events. */
export type Reading = {
  readonly events: number;
  readonly how: 'read' | 'subscribe' | 'subscribe to streams';
};

export type Task = { readonly append: Appending } | { readonly read: Reading };

export type ClientQuestion = { readonly url: string; readonly via: Via; readonly task: Task };

const prefix = 'paygo-';
const streamPrefixes = ['usage-'];
/** Whoever reads takes events in batches, and has to hold one. */
const batchSize = 500;
const templates = 500;

/** The two ways to do the same, each on a connection that is up. */
type Ways = {
  append(stream: string, events: readonly NewEvent[]): Promise<unknown>;
  /** Reads so many events in the way asked for. */
  read(reading: Reading): Promise<number>;
  close(): Promise<void>;
};

serve(async ({ url, via, task }: ClientQuestion): Promise<Run> => {
  const ways = via === 'adapter' ? adapter(openEventStoreLog({ url, prefix })) : client(url);
  try {
    if ('append' in task) return await append(ways, task.append);
    return await timed(() => ways.read(task.read));
  } finally {
    await ways.close();
  }
});

async function append(
  ways: Ways,
  { concurrency, eventsPerAppend, linesPerEvent, seconds }: Appending,
): Promise<Run> {
  const next = recordings(templates, linesPerEvent);
  const once = async (): Promise<number> => {
    const { stream, event } = next();
    const events = Array.from({ length: eventsPerAppend }, () => newEvent(event));
    await ways.append(stream, events);
    return eventsPerAppend * linesPerEvent;
  };
  await once();
  return repeated({ seconds, concurrency }, once);
}

const adapter = (log: EventLog): Ways => ({
  append: (stream, events) => log.append(stream, 'any', events),
  async read({ events, how }) {
    let count = 0;
    if (how === 'read') {
      let after = 0n;
      while (count < events) {
        const page = await log.readAll({ after, maxCount: batchSize });
        count += page.events.length;
        after = page.through;
      }
      return count;
    }
    const ending = new AbortController();
    const narrowed = how === 'subscribe' ? {} : { streamPrefixes };
    for await (const batch of log.subscribe({ signal: ending.signal, batchSize, ...narrowed })) {
      count += batch.events.length;
      if (count >= events) ending.abort();
    }
    return count;
  },
  close: () => log.close(),
});

/** As its documentation shows it: no deadlines, no retries, nothing decoded but JSON. */
function client(url: string): Ways {
  const raw = EventStoreDBClient.connectionString(url);
  return {
    append: (stream, events) =>
      raw.appendToStream(
        `${prefix}${stream}`,
        events.map(({ id, event: { type, ...data }, metadata }) =>
          jsonEvent({ id, type, data, metadata }),
        ),
        { expectedRevision: ANY },
      ),
    async read({ events, how }) {
      if (how === 'read') {
        return countOf(raw.readAll({ fromPosition: START, maxCount: events }), events);
      }
      const prefixes = how === 'subscribe' ? [prefix] : [`${prefix}usage-`];
      const filter = streamNameFilter({ prefixes, maxSearchWindow: 1000 });
      const subscription = raw.subscribeToAll({ fromPosition: START, filter });
      try {
        return await countOf(subscription, events);
      } finally {
        await subscription.unsubscribe();
      }
    },
    close: () => raw.dispose(),
  };
}

async function countOf(
  source: AsyncIterable<AllStreamResolvedEvent>,
  events: number,
): Promise<number> {
  let count = 0;
  let batch: RecordedEvent[] = [];
  for await (const { event } of source) {
    if (event === undefined) continue;
    if (batch.length === batchSize) batch = [];
    batch.push(event);
    count += 1;
    if (count >= events) break;
  }
  return count;
}
