/** Hears how far a long piece of work has come. */
export type Progress = {
  /** A step begins, which ends at that position of its log; null: it is not of a log. */
  begin(step: string, end: bigint | null): void;
  /** So many events or answers more; the position that the step has come to. */
  seen(count: number, position: bigint | null): void;
};

export type Meter = Progress & { stop(): void };

type Step = {
  readonly name: string;
  readonly end: bigint | null;
  count: number;
  position: bigint;
  /** How many when the last line was written, and when that was. */
  shown: number;
  shownAtMs: number;
};

const lineEveryMs = 1000;

/** Writes a line of progress every second. */
export function startMeter(write: (line: string) => void): Meter {
  let step: Step | null = null;
  const timer = setInterval(() => {
    if (step === null) return;
    const nowMs = performance.now();
    const perSecond = ((step.count - step.shown) * 1000) / (nowMs - step.shownAtMs);
    step.shown = step.count;
    step.shownAtMs = nowMs;
    write(lineOf(step, perSecond));
  }, lineEveryMs);
  return {
    begin(name, end) {
      step = { name, end, count: 0, position: 0n, shown: 0, shownAtMs: performance.now() };
    },
    seen(count, position) {
      if (step === null) return;
      step.count += count;
      step.position = position ?? step.position;
    },
    stop() {
      clearInterval(timer);
    },
  };
}

function lineOf({ name, end, count, position }: Step, perSecond: number): string {
  const what = end === null ? 'answers' : 'events';
  const done = end === null || end === 0n ? '' : `, ${String((position * 100n) / end)} %`;
  return `${name}: ${grouped(count)} ${what}, ${grouped(Math.round(perSecond))} ${what}/s${done}`;
}

/** As 1,234,567. */
export const grouped = (count: number): string => count.toLocaleString('en-US');

/** As 1 event, or 2 events. */
export const counted = (count: number, thing: string): string =>
  `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
