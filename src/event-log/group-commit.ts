import { type Appended, type RevisionConflict } from '../application/ports.ts';
import { type StoredAppend } from './sqlite-writer.ts';

type Outcome = Appended | RevisionConflict;

type Pending = {
  readonly appends: readonly StoredAppend[];
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommit = {
  /** What came of each, once all that can be is flushed. */
  append(appends: readonly StoredAppend[]): Promise<readonly Outcome[]>;
  /** Commits what waits, now. */
  flush(): void;
};

/**
 * Commits together what arrives together, or while a commit runs: one flush to disk for all of it.
 */
export function groupCommit(
  commit: (appends: readonly StoredAppend[]) => readonly Outcome[],
  onCommitted: () => void,
): GroupCommit {
  let pending: Pending[] = [];

  function flush(): void {
    const group = pending;
    pending = [];
    if (group.length === 0) return;
    try {
      const [only] = group;
      const all =
        group.length === 1 && only !== undefined
          ? only.appends
          : group.flatMap(({ appends }) => appends);
      const outcomes = commit(all);
      let from = 0;
      for (const { appends, resolve } of group) {
        resolve(outcomes.slice(from, from + appends.length));
        from += appends.length;
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    onCommitted();
  }

  return {
    append: (appends) =>
      new Promise((resolve, reject) => {
        if (pending.length === 0) setImmediate(flush);
        pending.push({ appends, resolve, reject });
      }),
    flush,
  };
}
