import { type EventLog } from '../src/application/ports.ts';
import { createCodec } from '../src/event-log/codec.ts';
import { positionOf } from '../src/event-log/eventstoredb-names.ts';
import { startEventStoreDouble, type EventStoreDouble } from '../test/support/eventstore-double.ts';
import { createDoubleStore, type Proposed } from '../test/support/eventstore-double-store.ts';
import { serve } from './processes.ts';
import { fourMetrics, recordAccount, recordUsage } from './usage-log.ts';

export type Contents = { readonly usageEvents: number; readonly linesPerEvent: number };

export type DoubleQuestion =
  /** A new, empty server takes the place of the one before. */
  | { readonly do: 'start' }
  /** Makes ready what is to be added. */
  | { readonly do: 'prepare'; readonly contents: Contents | 'account' }
  /** Adds it, all at once. */
  | { readonly do: 'add' };

export type DoubleAnswer = {
  readonly url: string;
  /** As the adapter counts positions. */
  readonly head: string;
};

export const streamPrefix = 'paygo-';

type Prepared = { readonly stream: string; readonly events: readonly Proposed[] };

const codec = createCodec();
const encoder = new TextEncoder();
let store = createDoubleStore();
let running: EventStoreDouble | undefined;
let prepared: Prepared[] = [];

serve(async (question: DoubleQuestion): Promise<DoubleAnswer> => {
  switch (question.do) {
    case 'start':
      running?.stop();
      store = createDoubleStore();
      prepared = [];
      running = await startEventStoreDouble({ store });
      break;
    case 'prepare':
      if (question.contents === 'account') await recordAccount(preparing, fourMetrics);
      else await recordUsage(preparing, question.contents);
      break;
    case 'add':
      for (const { stream, events } of prepared) store.append(stream, 'any', events);
      prepared = [];
      break;
  }
  const { position } = store.all.at(-1) ?? { position: 0n };
  return {
    url: running?.url ?? '',
    head: String(positionOf({ prepare: position })),
  };
});

/** Keeps what is recorded in it ready for the server. */
const preparing: Pick<EventLog, 'append'> = {
  async append(stream, _expected, events) {
    const proposed = events.map((event): Proposed => {
      const { type, data, metadata } = codec.encode(event);
      return {
        id: event.id,
        type,
        contentType: 'application/json',
        data: encoder.encode(data),
        metadata: encoder.encode(metadata),
      };
    });
    prepared.push({ stream: `${streamPrefix}${stream}`, events: proposed });
    return { revision: 0, position: 0n };
  },
};
