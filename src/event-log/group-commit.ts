import { type Appended, type RevisionConflict } from '../application/ports.ts';
import { type StoredAppend } from './sqlite-writer.ts';

type Outcome = Appended | RevisionConflict;

type Pending = {
  readonly appends: readonly StoredAppend[];
  /** Of those that are committed. */
  readonly outcomes: Outcome[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommit = {
  /** What came of each, once all of them are flushed. Others may be committed between them. */
  append(appends: readonly StoredAppend[]): Promise<readonly Outcome[]>;
  /** Commits what waits, or a part of it, now. */
  flush(): void;
  /** Commits all that waits, now. */
  flushAll(): void;
};

/** So many appends keep the thread for some 2 ms. */
const partSize = 256;

/** Who brings no more has to wait for the disk, and should not for the many appends of others. */
const few = 32;

/** So long after few came, more of them are expected. */
const expectedMs = 1000;

/** Where few take longer than that, they wait for the disk: more flushes would be no help. */
const quickMs = 2;

/**
 * Commits together what arrives together, or while a commit runs: one flush to disk for all of it.
 * Where few come between many, the many are committed in parts.
 */
export function groupCommit(
  commit: (appends: readonly StoredAppend[]) => readonly Outcome[],
  onCommitted: () => void,
  nowMs: () => number = () => performance.now(),
): GroupCommit {
  let pending: Pending[] = [];
  let next: NodeJS.Immediate | undefined;
  let fewCameAt = -Infinity;
  let fewTookMs = Infinity;

  function schedule(): void {
    if (pending.length > 0) next ??= setImmediate(flush);
  }

  /** How many appends of one may be committed at once. */
  const most = (): number =>
    nowMs() - fewCameAt < expectedMs && fewTookMs < quickMs ? partSize : Infinity;

  /** What is committed now, of each that waits. */
  function partsOf(group: readonly Pending[]): readonly (readonly StoredAppend[])[] {
    const size = most();
    return group.map(({ appends, outcomes: { length } }) =>
      length === 0 && appends.length <= size ? appends : appends.slice(length, length + size),
    );
  }

  function timed(appends: readonly StoredAppend[]): readonly Outcome[] {
    const startedAt = nowMs();
    const outcomes = commit(appends);
    if (appends.length <= few) fewTookMs = nowMs() - startedAt;
    return outcomes;
  }

  function flush(): void {
    clearImmediate(next);
    next = undefined;
    if (pending.length === 0) return;
    const group = pending;
    pending = [];
    try {
      const parts = partsOf(group);
      const committed = timed(parts.flat());
      let from = 0;
      for (const [index, one] of group.entries()) {
        const to = from + (parts[index]?.length ?? 0);
        for (const outcome of committed.slice(from, to)) one.outcomes.push(outcome);
        from = to;
        if (one.outcomes.length < one.appends.length) pending.push(one);
        else one.resolve(one.outcomes);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    schedule();
    onCommitted();
  }

  return {
    append: (appends) =>
      new Promise((resolve, reject) => {
        if (appends.length <= few) fewCameAt = nowMs();
        pending.push({ appends, outcomes: [], resolve, reject });
        schedule();
      }),
    flush,
    flushAll() {
      while (pending.length > 0) flush();
    },
  };
}
