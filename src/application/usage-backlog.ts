/** How far behind what is recorded that is which folds usage. */
export type UsageBacklog = {
  /** So many lines more were recorded; the log ended at the position. */
  recorded(position: bigint, lines: number): void;
  /** Why no more should be taken; null: more can be. */
  readonly behind: () => string | null;
};

type Mark = { readonly position: bigint; readonly lines: number };

/** About what is folded in a minute. */
const mostLinesBehind = 5_000_000;

/** Lines between two marks, so that there are few of them. */
const markEvery = 10_000;

/**
 * Counts the lines that wait to be folded, as positions do not: one event may hold a line or
 * thousands. What this process has not recorded itself counts as nothing.
 */
export function createUsageBacklog(
  folded: () => bigint,
  most: number = mostLinesBehind,
): UsageBacklog {
  const marks: Mark[] = [];
  let recorded = 0;
  let foldedLines = 0;

  function lookAgain(): void {
    const through = folded();
    let passed = 0;
    for (const { position, lines } of marks) {
      if (position > through) break;
      foldedLines = lines;
      passed += 1;
    }
    marks.splice(0, passed);
  }

  return {
    recorded(position, lines) {
      recorded += lines;
      const last = marks.at(-1);
      const mark = { position, lines: recorded };
      if (marks.length > 1 && last !== undefined && recorded - last.lines < markEvery) marks.pop();
      marks.push(mark);
    },
    behind() {
      if (recorded - foldedLines <= most) return null;
      lookAgain();
      const behind = recorded - foldedLines;
      return behind <= most ? null : `${String(behind)} recorded events wait to be counted`;
    },
  };
}
