import { Unavailable, type EventLog } from '../src/application/ports.ts';
import { type Recorded } from '../src/kernel/recorded.ts';

/** What is read ahead of the log. */
export type Feed = {
  /**
   * The events after that position that are at hand; more are read, and at least through `wanted`.
   * Throws what the log threw, and begins again.
   */
  after(position: number, wanted: number | null): readonly Recorded[];
  /** Through where the log is read. */
  through(): number;
  close(): void;
};

export type FeedOptions = {
  readonly log: Pick<EventLog, 'subscribe'>;
  /** So many events are read ahead, or somewhat more. */
  readonly ahead: number;
  /** Called whenever there is more, or the log has thrown. */
  readonly grown: () => void;
};

type Reading = {
  readonly stop: AbortController;
  events: Recorded[];
  from: number;
  through: number;
  wanted: number;
  failure: Error | null;
  /** Tells the reading that events were taken. */
  goOn: () => void;
};

export function openFeed(options: FeedOptions): Feed {
  let reading: Reading | null = null;
  const close = (): void => {
    reading?.stop.abort();
    reading?.goOn();
    reading = null;
  };
  return {
    after(position, wanted) {
      const failure = reading?.failure ?? null;
      if (failure !== null) {
        close();
        throw failure;
      }
      if (reading === null || position < reading.from || position > reading.through) {
        close();
        reading = read(position, options);
      }
      forget(reading, position);
      reading.wanted = wanted ?? position;
      reading.goOn();
      return reading.events;
    },
    through: () => reading?.through ?? 0,
    close,
  };
}

function forget(reading: Reading, position: number): void {
  reading.from = position;
  const first = reading.events.findIndex((event) => event.position > position);
  reading.events = first === -1 ? [] : reading.events.slice(first);
}

/** Reads from a position on until it is stopped. */
function read(from: number, { log, ahead, grown }: FeedOptions): Reading {
  const stop = new AbortController();
  const reading: Reading = {
    stop,
    events: [],
    from,
    through: from,
    wanted: from,
    failure: null,
    goOn: () => undefined,
  };
  const isFull = (): boolean =>
    reading.events.length >= ahead && reading.through >= reading.wanted && !stop.signal.aborted;
  const follow = async (): Promise<void> => {
    const subscription = { after: BigInt(from), signal: stop.signal, batchSize: ahead };
    for await (const { events, through } of log.subscribe(subscription)) {
      reading.events = [...reading.events, ...events];
      reading.through = Number(through);
      grown();
      while (isFull()) await new Promise<void>((resolve) => (reading.goOn = resolve));
      if (stop.signal.aborted) return;
    }
    if (!stop.signal.aborted) throw new Unavailable('the log ended its subscription');
  };
  follow().catch((error: unknown) => {
    reading.failure = error instanceof Error ? error : new Error(String(error));
    grown();
  });
  return reading;
}
