import { type EventLog } from '../src/application/ports.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { tellOfBehind } from './behind.ts';
import { type RunnerLogger } from './runner.ts';
import { type Store } from './store.ts';
import { countBehind } from './usage-behind.ts';
import { isMetric, isUsage, type UsageLog } from './usage-changes.ts';
import { type Feed } from './usage-feed.ts';
import {
  attributeRound,
  countOn,
  decideRound,
  measureRound,
  progressOf,
  SharesMoved,
  type HeldShare,
  type Progress,
  type Round,
} from './usage-rounds.ts';
import { allShares } from './usage-sharing-tables.ts';
import { type UsageTables } from './usage-tables.ts';

export type ProjectorOptions = {
  readonly log: Pick<EventLog, 'head' | 'readAll'>;
  readonly store: Store<UsageTables>;
  readonly usageLog: UsageLog;
  readonly logger: RunnerLogger;
  readonly feed: Feed;
  /** Most events in a round. */
  readonly batchSize: number;
  /** Of earlier usage: see countBehind. */
  readonly linesInStep?: number;
};

/** waiting: for what others do; idle: nothing is left to do. */
export type Outcome = 'done' | 'waiting' | 'idle';

/** Of those who fold usage together, one. */
export type Projector = {
  /** Does the next thing that the holder of these shares may do, at most one transaction. */
  step(shares: readonly HeldShare[]): Promise<Outcome>;
  /** The checkpoint when it last looked. */
  position(): number;
};

/** The events of a round name another one than its own: it is of another log. */
class AnotherLog extends Error {
  override readonly name = 'AnotherLog';
}

/** Nobody measures further ahead of the checkpoint. */
const roundsAhead = 8;
const linesInRound = 10_000;
/** A server of the log that lags behind is not taken for another log: it is asked again. */
const surelyAnother = 4;

export function openProjector(options: ProjectorOptions): Projector {
  const { store, usageLog } = options;
  const { writer } = store;
  let checkpoint = 0;
  let doubts: number | null = 0;
  const count = countBehind(usageLog.history, options.linesInStep);
  const tell = tellOfBehind(options.logger, store.name);
  /** Where the checkpoint stood when earlier usage was last counted. */
  let counted = -1;

  /** Whether the store is of this log; another is forgotten by whoever has the first share. */
  const isOfThisLog = async (progress: Progress, shares: readonly HeldShare[]) => {
    if (doubts === null) return true;
    if (await isFoldedFrom(options, progress)) {
      doubts = null;
      return true;
    }
    doubts += 1;
    const first = shares.find(({ share }) => share === 0);
    if (doubts < surelyAnother || first === undefined) return false;
    const { checkpoint: position } = progress;
    options.logger.warn(
      { store: store.name, position: String(position) },
      'the read models are of another log: they are built anew',
    );
    await store.reset(first.held.check);
    doubts = null;
    return false;
  };

  /** Who has the first share counts for new metrics what was recorded before them. */
  const catchUp = async (shares: readonly HeldShare[]): Promise<boolean> => {
    const first = shares.find(({ share }) => share === 0);
    if (first === undefined) return false;
    counted = checkpoint;
    const behind = await countOn(writer, first, count);
    tell(behind);
    return behind !== null;
  };

  const step = async (shares: readonly HeldShare[]): Promise<Outcome> => {
    const progress = await progressOf(writer);
    checkpoint = progress.checkpoint;
    const [one] = shares;
    const otherwise = progress.rounds.length > 0 ? 'waiting' : 'idle';
    if (one === undefined) return otherwise;
    if (!(await isOfThisLog(progress, shares))) return 'waiting';
    // A step for each round, so that neither the log's end nor earlier usage waits for the other.
    if (counted !== checkpoint && (await catchUp(shares))) return 'done';
    const task = nextTask(progress, shares, options);
    const isWhole = progress.rounds[0]?.shares === allShares;
    // Who is behind measures first, so that whoever waits for it gives out what is whole.
    if (isWhole && (task === null || !isBehind(task, progress))) {
      if (await attributeRound(writer, one)) {
        checkpoint = progress.rounds[0]?.through ?? checkpoint;
        return 'done';
      }
    }
    if (task === null) return (await catchUp(shares)) ? 'done' : otherwise;
    if (task.events === null) await decideRound(writer, task.round, task.shares);
    else await measureRound(writer, task.round, task.events, task.shares, usageLog);
    return 'done';
  };

  return {
    position: () => checkpoint,
    async step(shares) {
      try {
        return await step(shares);
      } catch (error) {
        if (error instanceof SharesMoved) return 'done';
        throw error;
      }
    },
  };
}

/** events: the round's, to be measured; null: its end is to be decided. */
type Task = {
  readonly round: Round;
  readonly events: readonly Recorded[] | null;
  readonly shares: readonly HeldShare[];
};

const isBehind = ({ round }: Task, { measured }: Progress): boolean =>
  measured.some((position) => position > round.after);

/** What there is to do for those of the shares that are furthest behind; null: nothing now. */
function nextTask(
  { measured, rounds }: Progress,
  held: readonly HeldShare[],
  { feed, batchSize }: ProjectorOptions,
): Task | null {
  const positionOf = ({ share }: HeldShare): number => measured[share] ?? 0;
  const after = Math.min(...held.map(positionOf));
  const shares = held.filter((one) => positionOf(one) === after);
  const ahead = rounds.filter(({ through }) => through <= after);
  if (ahead.length >= roundsAhead || ahead.at(-1)?.endsAtMetric === true) return null;
  const decided = rounds.find((round) => round.after === after);
  const events = feed.after(after, decided?.through ?? null);
  if (decided === undefined) {
    const round = roundOf(after, events.slice(0, batchSize));
    return round === null ? null : { round, events: null, shares };
  }
  if (feed.through() < decided.through) return null;
  const part = events.filter(({ position }) => position <= decided.through);
  if (part.at(-1)?.id !== decided.eventId) {
    throw new AnotherLog(`another log has event ${decided.eventId} at ${String(decided.through)}`);
  }
  return { round: decided, events: part, shares };
}

/** Ends at a new metric, or where it gets long. */
function roundOf(after: number, events: readonly Recorded[]): Round | null {
  let lines = 0;
  const end = events.find((recorded) => {
    if (isUsage(recorded)) lines += recorded.event.lines.length;
    return isMetric(recorded) || lines >= linesInRound;
  });
  const last = end ?? events.at(-1);
  if (last === undefined) return null;
  return {
    after,
    through: Number(last.position),
    eventId: last.id,
    endsAtMetric: isMetric(last),
  };
}

async function isFoldedFrom(
  { log, store }: ProjectorOptions,
  { measured, rounds }: Progress,
): Promise<boolean> {
  if (Math.max(...measured) > Number(await log.head())) return false;
  const round = rounds.at(-1);
  const last =
    round === undefined
      ? (await store.progress()).lastEvent
      : { position: BigInt(round.through), id: round.eventId };
  if (last === null) return true;
  const { events } = await log.readAll({ after: last.position - 1n, maxCount: 1 });
  return events[0]?.position === last.position && events[0].id === last.id;
}
