import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { type EventLog } from '../src/application/ports.ts';
import { type UsageLine } from '../src/usage/events.ts';
import { serve } from './processes.ts';
import { hours, keyOf, newEvent, recordingFor, recordingWith, type Recording } from './usage.ts';

/**
 * What usage a log is to have: so many events of one customer in its month, a tenth of them more of
 * many customers, and few of one: all mixed, in the order of the month's hours.
 */
export type LogPlan = {
  readonly folder: string;
  readonly largest: { readonly key: string; readonly events: number };
  readonly small: { readonly key: string; readonly events: number };
  readonly customers: number;
};

/** Goes on until that share of the plan is recorded; with the last of it come repeats. */
export type LogQuestion = { readonly plan: LogPlan; readonly share: number };

export type LogAnswer = {
  /** Usage events so far, repeats included, and what their lines come to over HTTP. */
  readonly events: number;
  readonly sentBytes: number;
  /** What the summed property of each of the two comes to. */
  readonly sums: { readonly largest: number; readonly small: number };
  /** How many came once more: as they were, or with other content. */
  readonly repeats: number;
  readonly conflicts: number;
  /** Of the largest customer's; none of them came twice. */
  readonly someIds: readonly string[];
};

const linesPerEvent = 100;
const appendedTogether = 64;
const samples = 3000;

type Writing = {
  readonly log: EventLog;
  readonly steps: Iterator<Recording, undefined>;
  /** The first lines of some recordings of the largest customer. */
  readonly kept: UsageLine[];
  /** Of the summed property, by key. */
  readonly sums: Map<string, number>;
  recordings: number;
  events: number;
  sentBytes: number;
};

let writing: Writing | null = null;

serve(async ({ plan, share }: LogQuestion): Promise<LogAnswer> => {
  writing ??= begin(plan);
  const goal = share * eventsOf(plan).all;
  while (writing.events < goal && (await appendSome(writing, plan)));
  if (share < 1) return answerOf(writing, plan);
  const repeated = await appendRepeats(writing, plan);
  await writing.log.close();
  const answer = { ...answerOf(writing, plan), ...repeated };
  writing = null;
  return answer;
});

const begin = (plan: LogPlan): Writing => ({
  log: openSqliteLog({ folder: plan.folder }),
  steps: recordingsOf(plan),
  ...{ kept: [], sums: new Map(), recordings: 0, events: 0, sentBytes: 0 },
});

const answerOf = (
  { events, sentBytes, sums }: Writing,
  { largest, small }: LogPlan,
): LogAnswer => ({
  ...{ events, sentBytes, repeats: 0, conflicts: 0, someIds: [] },
  sums: { largest: sums.get(largest.key) ?? 0, small: sums.get(small.key) ?? 0 },
});

const eventsOf = ({ largest, small }: LogPlan) => {
  const others = Math.ceil(largest.events / 10 / linesPerEvent) * linesPerEvent;
  return { others, all: largest.events + others + small.events };
};

/** Whole batches, each of the three as evenly over the month as can be. */
function* recordingsOf(plan: LogPlan): Generator<Recording, undefined> {
  const { largest, small, customers } = plan;
  const largestBatches = largest.events / linesPerEvent;
  const others = eventsOf(plan).others / linesPerEvent;
  const smallBatches = small.events / linesPerEvent;
  let [other, few] = [0, 0];
  for (let batch = 0; batch < largestBatches; batch += 1) {
    const passed = (batch + 1) / largestBatches;
    const hour = Math.floor((batch / largestBatches) * hours.length);
    yield recordingFor(largest.key, hour, linesPerEvent);
    for (; other < Math.floor(passed * others); other += 1) {
      yield recordingFor(keyOf((other * 617) % customers), hour, linesPerEvent);
    }
    for (; few < Math.floor(passed * smallBatches); few += 1) {
      yield recordingFor(small.key, hour, linesPerEvent);
    }
  }
}

/** False: there are none left. */
async function appendSome(into: Writing, { largest }: LogPlan): Promise<boolean> {
  const batch: Recording[] = [];
  while (batch.length < appendedTogether) {
    const { value } = into.steps.next();
    if (value === undefined) break;
    batch.push(value);
  }
  const keptOf = Math.ceil(largest.events / linesPerEvent / samples);
  for (const { event } of batch) {
    const [line] = event.lines;
    into.sums.set(event.key, (into.sums.get(event.key) ?? 0) + sumOf(event.lines));
    if (event.key !== largest.key || line === undefined) continue;
    if (into.recordings % keptOf === 0) into.kept.push(line);
    into.recordings += 1;
  }
  await append(into, batch);
  return batch.length > 0;
}

const sumOf = (lines: readonly UsageLine[]): number =>
  lines.reduce((sum, { properties }) => sum + Number(properties['count']), 0);

async function append(into: Writing, batch: readonly Recording[]): Promise<void> {
  await Promise.all(
    batch.map(({ stream, event }) => into.log.append(stream, 'any', [newEvent(event)])),
  );
  for (const recording of batch) {
    into.events += recording.event.lines.length;
    into.sentBytes += bytesOf(recording);
  }
}

/** As lines of NDJSON; those of a recording are as long as one another. */
function bytesOf({ event: { key, lines } }: Recording): number {
  const [line] = lines;
  if (line === undefined) return 0;
  const timestamp = line.timestamp.replace('.000Z', 'Z');
  return lines.length * (JSON.stringify({ ...line, timestamp, customerId: key }).length + 1);
}

type Repeated = Pick<LogAnswer, 'repeats' | 'conflicts' | 'someIds'>;

/** A third of those that were kept come again, another third with other content. */
async function appendRepeats(into: Writing, { largest }: LogPlan): Promise<Repeated> {
  const third = Math.floor(into.kept.length / 3);
  const same = into.kept.slice(0, third);
  const other = into.kept
    .slice(third, 2 * third)
    .map((line): UsageLine => ({ ...line, properties: { ...line.properties, count: '7' } }));
  for (const lines of [same, other]) {
    for (let from = 0; from < lines.length; from += linesPerEvent) {
      await append(into, [recordingWith(largest.key, lines.slice(from, from + linesPerEvent))]);
    }
  }
  return {
    ...{ repeats: same.length, conflicts: other.length },
    someIds: into.kept.slice(2 * third).map(({ transactionId }) => transactionId),
  };
}
