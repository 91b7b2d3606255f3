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
  /**
   * Where the event holds what several requests sent: at which of its lines, from 0, the part of
   * each of requestIds begins. One that sent several parts stands there several times.
   */
  readonly requestOffsets?: readonly number[];
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
  /** Where it was asked for; then the event is decoded when it is looked at, and not before. */
  readonly stored?: StoredTexts;
};

/**
 * An event as it is kept, whatever its version: its type, and as canonical JSON (sorted keys) the
 * data beside the type and the metadata.
 */
export type StoredTexts = {
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
};
