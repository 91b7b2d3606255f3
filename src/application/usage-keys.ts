import { fingerprint } from '../kernel/ids.ts';
import { usageStreamOf } from '../usage/events.ts';
import { recordedOpening } from '../usage/line-text.ts';
import { type Caller } from './ports.ts';

/** What becomes one event. */
export type Group = {
  readonly stream: string;
  readonly month: string;
  readonly actor: string;
  /** Its canonical JSON as far as it is written. */
  memory: Buffer;
  end: number;
  isAscii: boolean;
  lines: number;
  readonly requestIds: string[];
  readonly offsets: number[];
  /** Whose line was added last. */
  by: Caller;
};

/** A key that usage came for, with what is costly to make anew for every line. */
export type KnownKey = {
  /** What stands for it in the names of its streams. */
  readonly hash: string;
  /** How its events' canonical JSON begins. */
  readonly opening: string;
  readonly isAscii: boolean;
  /** The batch that the open groups are of. */
  batch: object | null;
  readonly open: Group[];
  lastMonth: string;
  lastStream: string;
};

export type KnownKeys = { get(key: string): KnownKey };

const mostKeys = 100_000;

/** Remembers keys: most usage is of few. */
export function createKnownKeys(): KnownKeys {
  const known = new Map<string, KnownKey>();
  return {
    get(key) {
      const found = known.get(key);
      if (found !== undefined) return found;
      if (known.size >= mostKeys) known.clear();
      // A copy: a part of a longer text would keep all of it.
      const own = Buffer.from(key).toString();
      const opening = recordedOpening(own);
      const made: KnownKey = {
        hash: fingerprint(own),
        opening,
        isAscii: Buffer.byteLength(opening) === opening.length,
        batch: null,
        open: [],
        lastMonth: '',
        lastStream: '',
      };
      known.set(own, made);
      return made;
    },
  };
}

export function streamOf(known: KnownKey, month: string): string {
  if (known.lastMonth !== month) {
    known.lastMonth = month;
    known.lastStream = usageStreamOf(known.hash, month);
  }
  return known.lastStream;
}
