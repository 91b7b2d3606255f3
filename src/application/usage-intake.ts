import { type RejectedUsage, type UsageInput } from '../usage/commands.ts';
import { writtenLine, type WrittenLine } from '../usage/line-text.ts';
import { plainLine } from '../usage/plain-line.ts';
import { judgeUsage, rejected, type UsageFault } from '../usage/recording.ts';
import { shapedUsage } from '../usage/shape.ts';
import { type Deps } from './handle.ts';
import { Unavailable, type Caller } from './ports.ts';
import { type UsageBacklog } from './usage-backlog.ts';
import { createUsageWriter, type Sender, type UsageWriter } from './usage-writer.ts';

export type RecordedUsage = {
  readonly accepted: number;
  readonly rejected: readonly RejectedUsage[];
  /** After the recorded events. */
  readonly position: bigint;
};

/** The events of one request on their way into the log. Each has an index, counted from 0. */
export type Recording = {
  /** Takes the event that stands there if that is plain to see; asks for what plainLine does. */
  takePlain(text: string, from: number, to: number, ascii: Uint8Array | null): boolean;
  /** An event as a JSON value, its shape not judged yet. */
  takeValue(value: unknown): void;
  /** An event of the right shape. */
  takeInput(event: UsageInput): void;
  /** An event that could not be read. */
  reject(fault: UsageFault): void;
  /** There is no event with this index. */
  skip(): void;
  /** What was rejected so far. */
  readonly rejected: readonly RejectedUsage[];
  /**
   * null: more may be taken; else until that is so. Throws Unavailable when what was taken cannot
   * be written.
   */
  room(): Promise<void> | null;
  /**
   * Until what was taken stands on disk. Throws Unavailable when it is not known whether all of it
   * does.
   */
  finish(): Promise<RecordedUsage>;
};

export type UsageIntake = {
  /** Throws Unavailable when too much waits already. */
  open(by: Caller): Recording;
};

/** Of what waits to be written: what is under way pauses then; twice as much refuses new. */
const mostWaitingBytes = 16 * 1024 * 1024;

export function createUsageIntake(deps: Deps, backlog: UsageBacklog): UsageIntake {
  const writer = createUsageWriter(deps, backlog);
  return {
    open(by) {
      const why =
        writer.waitingBytes() > 2 * mostWaitingBytes
          ? 'more usage waits to be written than the log takes'
          : backlog.behind();
      if (why !== null) throw new Unavailable(why);
      return record(writer, deps, by);
    },
  };
}

function record(writer: UsageWriter, { log }: Deps, by: Caller): Recording {
  const sender: Sender = {
    ...{ by, batch: null, unwritten: 0, position: 0n, failure: null },
    wake: () => undefined,
  };
  const faulty: RejectedUsage[] = [];
  let index = 0;
  let accepted = 0;
  const take = (line: WrittenLine): void => {
    writer.add(line, sender);
    accepted += 1;
    index += 1;
  };
  const reject = (fault: UsageFault, transactionId: string | null): void => {
    faulty.push(rejected(index, transactionId, fault));
    index += 1;
  };
  const judge = (event: UsageInput): void => {
    const judged = judgeUsage(event);
    if ('line' in judged) take(writtenLine(judged));
    else reject(judged, event.transactionId);
  };
  const throwFailure = (): void => {
    if (sender.failure !== null) throw sender.failure;
  };

  return {
    takePlain(text, from, to, ascii) {
      const line = plainLine(text, from, to, ascii);
      if (line === undefined) return false;
      take(line);
      return true;
    },
    takeValue(value) {
      const shaped = shapedUsage(value);
      if ('input' in shaped) judge(shaped.input);
      else reject(shaped.fault, shaped.transactionId);
    },
    takeInput: judge,
    reject: (fault) => reject(fault, null),
    skip: () => void (index += 1),
    rejected: faulty,
    room() {
      throwFailure();
      return writer.waitingBytes() > mostWaitingBytes ? writer.settled() : null;
    },
    async finish() {
      if (sender.unwritten > 0 && sender.failure === null) {
        writer.hurry();
        await new Promise<void>((resolve) => (sender.wake = resolve));
      }
      throwFailure();
      const position = accepted === 0 ? await log.head() : sender.position;
      return { accepted, rejected: faulty, position };
    },
  };
}
