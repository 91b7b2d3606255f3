import { RevisionConflict, WrittenEvent } from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { commonPart, LogsDiffer, nameOf, textsOf, type LogPair } from './compare-logs.ts';
import { type Progress } from './progress.ts';

/** Event stores of before 2025 take appends of up to 1 MiB. */
const mostBytes = 900_000;
const mostEvents = 500;

export type Copied = {
  /** How many events the target held before. */
  readonly found: number;
  readonly copied: number;
};

/**
 * Copies what the target does not hold yet, in log order and to the same revisions, one append
 * after the other. Ended at any moment and called again, it goes on where the target ends. Throws
 * LogsDiffer when the target holds anything but the source's first events.
 */
export async function copyLog(logs: LogPair, progress: Progress): Promise<Copied> {
  progress.begin('copying', await logs.source.head());
  const { events: found, rest } = await commonPart(logs, progress);
  let copied = 0;
  for await (const run of runsOf(rest)) {
    await appendRun(logs, run);
    copied += run.length;
    progress.seen(run.length, run.at(-1)?.position ?? null);
  }
  return { found, copied };
}

async function appendRun({ target }: LogPair, run: readonly Recorded[]): Promise<void> {
  const first = present(run[0], 'a run is not empty');
  const { stream, revision } = first;
  const expected = revision === 0 ? 'no_stream' : revision - 1;
  const events = run.map((recorded) => {
    const { type, data, metadata } = textsOf(recorded);
    const event = new WrittenEvent(type, data, metadata);
    return { id: recorded.id, event, metadata: recorded.metadata };
  });
  try {
    await target.append(stream, expected, events);
  } catch (error) {
    if (error instanceof RevisionConflict) {
      throw new LogsDiffer(
        `the target does not take ${nameOf(first)}: ${error.message}; is another process writing there?`,
      );
    }
    if (error instanceof RangeError) {
      throw new Error(`${nameOf(first)} cannot be appended: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/**
 * Neighbours of one stream, as large as every event store takes them at once. Where they are cut
 * depends on the events alone: what a killed copy has sent, the next one sends again as it was.
 */
async function* runsOf(
  events: AsyncIterable<Recorded>,
): AsyncGenerator<readonly Recorded[], void, undefined> {
  let run: Recorded[] = [];
  let bytes = 0;
  for await (const recorded of events) {
    const size = bytesOf(recorded);
    const last = run.at(-1);
    const fits = bytes + size <= mostBytes && run.length < mostEvents;
    if (last !== undefined && (last.stream !== recorded.stream || !fits)) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(recorded);
    bytes += size;
  }
  if (run.length > 0) yield run;
}

function bytesOf(recorded: Recorded): number {
  const { data, metadata } = textsOf(recorded);
  return Buffer.byteLength(data) + Buffer.byteLength(metadata);
}
