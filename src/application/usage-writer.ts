import { type WrittenLine } from '../usage/line-text.ts';
import { createBufferPool } from './buffer-pool.ts';
import { createGathering } from './gathering.ts';
import { appendStamped, persistently, type Deps } from './handle.ts';
import { type Caller, type NewEvent } from './ports.ts';
import { type UsageBacklog } from './usage-backlog.ts';
import { createUsageBatch, type UsageBatch } from './usage-batch.ts';
import { createKnownKeys } from './usage-keys.ts';

/** Who sends usage in one request, and what became of it. */
export type Sender = {
  readonly by: Caller;
  /** Which batch its last line went into. */
  batch: object | null;
  /** Batches with lines of it that are not written yet. */
  unwritten: number;
  /** After the last that was written; 0: nothing was. */
  position: bigint;
  failure: Error | null;
  /** Called when nothing is unwritten, or something failed. */
  wake: () => void;
};

export type UsageWriter = {
  add(line: WrittenLine, sender: Sender): void;
  /** Has everything that was added written soon. */
  hurry(): void;
  /** How many bytes wait to be written, or are being written. */
  waitingBytes(): number;
  /** Until more can be written; what waits is written soon. */
  settled(): Promise<void>;
};

type Batch = { readonly lines: UsageBatch; readonly senders: Sender[] };

/** As much as is written at once, without waiting for a request to end. */
const batchBytes = 4 * 1024 * 1024;

/** So long what a request sends may wait for its end. */
const longestWaitMs = 500;

/**
 * The one way of usage into the log. What comes while a batch is written goes into the next one,
 * which is written once a request has ended, with all that has come by then.
 */
export function createUsageWriter(deps: Deps, backlog: UsageBacklog): UsageWriter {
  const keys = createKnownKeys();
  const pool = createBufferPool();
  const newBatch = (): Batch => ({ lines: createUsageBatch(keys, pool), senders: [] });
  const onSettled: (() => void)[] = [];
  let open = newBatch();
  let writingBytes = 0;
  const gathering = createGathering(write, () => open.lines.lines());

  /** Never throws: what fails is told to the senders. */
  async function write(): Promise<void> {
    const { lines, senders } = open;
    open = newBatch();
    writingBytes = lines.bytes();
    let position = 0n;
    let failure: Error | null = null;
    try {
      position = await append(deps, lines.events(deps.clock.now()));
      backlog.recorded(position, lines.lines());
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    writingBytes = 0;
    for (const sender of senders) tell(sender, position, failure);
    for (const settle of onSettled.splice(0)) settle();
  }

  function begin(sender: Sender): void {
    const batch = open;
    if (batch.senders.length === 0) {
      setTimeout(() => {
        if (open === batch) gathering.ask();
      }, longestWaitMs).unref();
    }
    batch.senders.push(sender);
    sender.batch = batch;
    sender.unwritten += 1;
  }

  return {
    add(line, sender) {
      if (sender.batch !== open) begin(sender);
      open.lines.add(line, sender.by);
      if (open.lines.bytes() > batchBytes && !gathering.isAsked()) gathering.ask();
    },
    hurry: () => gathering.ask(),
    waitingBytes: () => open.lines.bytes() + writingBytes,
    settled() {
      gathering.ask();
      return new Promise((resolve) => onSettled.push(resolve));
    },
  };
}

async function append(
  { log }: Deps,
  streams: ReadonlyMap<string, readonly NewEvent[]>,
): Promise<bigint> {
  const toMany = log.appendToMany?.bind(log);
  if (toMany !== undefined) return persistently(() => toMany(streams));
  const ends = await Promise.all(
    Array.from(streams, async ([stream, events]) => {
      let end = 0n;
      for (const event of events) {
        end = (await appendStamped(log, stream, 'any', [event])).position;
      }
      return end;
    }),
  );
  return ends.reduce((last, end) => (end > last ? end : last), 0n);
}

function tell(sender: Sender, position: bigint, failure: Error | null): void {
  sender.unwritten -= 1;
  if (position > sender.position) sender.position = position;
  sender.failure ??= failure;
  if (sender.unwritten === 0 || failure !== null) sender.wake();
}
