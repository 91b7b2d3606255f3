import { type EventStorePlace } from '../event-log/connected.ts';

/** What the thread that folds usage needs to know to begin. */
export type ThreadStart = {
  readonly log: LogPlace;
  /** Of the read models' files. */
  readonly folder: string;
};

/** Where the thread reads the log. */
export type LogPlace = { readonly folder: string } | EventStorePlace;

/**
 * What the thread is told, one log after another; grown: the log holds more; awaited: somebody
 * waits for what it holds to be folded.
 */
export type ToThread = { readonly start: ThreadStart } | 'grown' | 'awaited' | 'stop';

/** What the thread tells. */
export type FromThread =
  | {
      readonly type: 'started';
      readonly position: bigint;
      /** The log's head when it started. */
      readonly goal: bigint;
      /** Of the store that it writes. */
      readonly fingerprint: string;
    }
  | { readonly type: 'reached'; readonly position: bigint }
  | { readonly type: 'failed'; readonly reason: string }
  /** It has let go of everything, and may start again. */
  | { readonly type: 'ended' }
  | {
      readonly type: 'said';
      readonly level: 'info' | 'warn' | 'error';
      readonly details: object;
      readonly message: string;
    };
