import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Instant } from '../kernel/calendar.ts';
import { fold, isRefused, type Decider, type Refused } from '../kernel/decider.ts';
import { seededUuid } from '../kernel/ids.ts';
import { type DomainEvent, type Recorded } from '../kernel/recorded.ts';
import {
  RevisionConflict,
  Unavailable,
  type Appended,
  type Caller,
  type Clock,
  type EventLog,
  type ExpectedRevision,
  type NewEvent,
} from './ports.ts';

export type Deps = { readonly log: EventLog; readonly clock: Clock };

/** A stream as it stands: its state, and where it ended (revision -1, position 0: nowhere yet). */
export type Loaded<State> = {
  readonly state: State;
  readonly revision: number;
  readonly position: bigint;
};

/**
 * The position through which the log holds what was asked for, and whether this call put it there.
 */
export type Handled = { readonly position: bigint; readonly changed: boolean };

export type Handling<Command, State, Reason extends string> = {
  /** Makes the command from the stream's state and the time; asked again after a conflict. */
  readonly command: (state: State, now: Instant) => Promise<Command> | Command;
  /** Runs once the command is accepted and before anything is appended; a refusal stops it. */
  readonly beforeAppend?: (state: State) => Promise<Refused<Reason> | undefined>;
  /** Who told it, where others may tell it again: the events' ids derive from it. */
  readonly toldBy?: string;
};

const attemptsMax = 200;
const retryDelaysMs = [20, 100, 500];

const versions: Readonly<Record<string, number>> = { InvoiceFinalized: 2 };

/** The version of its schema that an event is stored as. */
export const versionOf = (type: string): number => versions[type] ?? 1;

export async function load<State, Event extends DomainEvent>(
  log: EventLog,
  decider: Pick<Decider<never, State, Event, string>, 'initial' | 'evolve'>,
  stream: string,
): Promise<Loaded<State>> {
  // The codec gives back what this decider's own events were, so the stream holds no others.
  const recorded = (await log.readStream(stream)) as readonly Recorded<Event>[];
  const last = recorded.at(-1);
  const state = fold(
    decider,
    recorded.map(({ event }) => event),
  );
  return { state, revision: last?.revision ?? -1, position: last?.position ?? 0n };
}

/**
 * Loads, folds, decides and appends; decides again on what the stream says when another was faster.
 */
export async function handle<Command, State, Event extends DomainEvent, Reason extends string>(
  { log, clock }: Deps,
  decider: Decider<Command, State, Event, Reason>,
  stream: string,
  by: Caller,
  { command, beforeAppend, toldBy }: Handling<Command, State, Reason>,
): Promise<Handled | Refused<Reason>> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const now = clock.now();
    const { state, revision, position } = await load(log, decider, stream);
    const decision = decider.decide(await command(state, now), state);
    if (isRefused(decision)) return decision;
    const refused = await beforeAppend?.(state);
    if (refused !== undefined) return refused;
    if (decision.events.length === 0) return { position, changed: false };
    const expected = revision === -1 ? 'no_stream' : revision;
    const ids = toldBy === undefined ? freshIds : seededIds(stream, toldBy);
    try {
      const { events } = decision;
      const appended = await append({ log, clock }, stream, expected, events, by, now, ids);
      return { position: appended.position, changed: true };
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      await sleep(Math.floor(Math.random() * Math.min(attempt, 20)));
    }
  }
  throw new Unavailable(`stream ${stream} was changed by others ${String(attemptsMax)} times over`);
}

type EventIds = (index: number) => string;

const freshIds: EventIds = () => randomUUID();
const seededIds =
  (stream: string, toldBy: string): EventIds =>
  (index) =>
    seededUuid(stream, toldBy, String(index));

/** Appends events; an unknown outcome is settled by the identical append. */
export async function append(
  { log, clock }: Deps,
  stream: string,
  expected: ExpectedRevision,
  events: readonly DomainEvent[],
  by: Caller,
  now: Instant = clock.now(),
  ids: EventIds = freshIds,
): Promise<Appended> {
  const metadata = {
    actor: by.actor,
    requestIds: [by.requestId],
    recordedAt: now,
  };
  const stamped = events.map((event, index) => ({
    id: ids(index),
    event,
    metadata: { version: versionOf(event.type), ...metadata },
  }));
  return appendStamped(log, stream, expected, stamped);
}

/** As append, of events that have their ids. */
export async function appendStamped(
  log: EventLog,
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): Promise<Appended> {
  return persistently(() => log.append(stream, expected, events));
}

/** Does it again where it is not known whether it was done. */
export async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      await sleep(delayMs);
    }
  }
  return attempt();
}
