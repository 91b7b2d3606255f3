import { RevisionConflict, type Appended } from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { type StoredAppend } from './sqlite-writer.ts';

type Pending = {
  readonly append: StoredAppend;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
};

export type GroupCommit = {
  append(append: StoredAppend): Promise<Appended>;
  /** Commits what waits, now. */
  flush(): void;
};

/**
 * Commits together what arrives together, or while a commit runs: one flush to disk for all of it.
 */
export function groupCommit(
  commit: (appends: readonly StoredAppend[]) => readonly (Appended | RevisionConflict)[],
  onCommitted: () => void,
): GroupCommit {
  let pending: Pending[] = [];

  function flush(): void {
    const group = pending;
    pending = [];
    if (group.length === 0) return;
    try {
      const outcomes = commit(group.map(({ append }) => append));
      for (const [index, { resolve, reject }] of group.entries()) {
        const outcome = present(outcomes[index], 'each append has its outcome');
        if (outcome instanceof RevisionConflict) reject(outcome);
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    onCommitted();
  }

  return {
    append: (append) =>
      new Promise((resolve, reject) => {
        if (pending.length === 0) setImmediate(flush);
        pending.push({ append, resolve, reject });
      }),
    flush,
  };
}
