import { type Instant } from './calendar.ts';

/**
 * Something that happened: its type and, beside it, its data. Plain JSON, decimals and instants as
 * text.
 */
export type DomainEvent = { readonly type: string };

/** Where an event stands in its stream; revisions count from 0. Holds in every copy of the log. */
export type EventReference = { readonly stream: string; readonly revision: number };

export type Metadata = {
  /** Version of the event's schema, from 1. */
  readonly version: number;
  /** Who asked for it: a token's name, `local`, or the name of a policy. */
  readonly actor: string;
  readonly requestIds: readonly string[];
  readonly recordedAt: Instant;
};

/**
 * An event as the log holds it. Positions are totally ordered over all streams; a later event has a
 * greater one.
 */
export type Recorded<Event extends DomainEvent = DomainEvent> = EventReference & {
  readonly position: bigint;
  readonly id: string;
  readonly event: Event;
  readonly metadata: Metadata;
};
