import { type Bench, type Lab } from './bench.ts';
import { figureOf, type Figure, type Pair } from './figures.ts';
import { figureLine, type Result } from './report.ts';

export type LabOptions = {
  readonly pairs: number;
  readonly seconds: number;
  readonly progress: Progress;
};

export type Progress = {
  /** Replaced by the next one. */
  passing(text: string): void;
  lasting(text: string): void;
};

/** Runs a bench to its end, whatever happens. */
export async function runBench(bench: Bench, options: LabOptions): Promise<Result> {
  const { name, about, obstacle } = bench;
  const figures: Figure[] = [];
  const notes: string[] = [];
  const skipped = obstacle?.() ?? null;
  let failed: string | null = null;
  options.progress.lasting(`${name}: ${skipped === null ? about : `skipped, ${skipped}`}`);
  if (skipped === null) {
    try {
      await bench.run(createLab(options, figures, notes));
    } catch (error) {
      failed = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
  return { bench: name, about, figures, notes, skipped, failed };
}

const createLab = (
  { pairs, seconds, progress }: LabOptions,
  figures: Figure[],
  notes: string[],
): Lab => ({
  seconds,
  async compare(comparison) {
    const { name, ours, baseline, pairs: wanted = pairs } = comparison;
    const measured: Pair[] = [];
    for (let pair = 0; pair <= wanted; pair += 1) {
      progress.passing(
        `  ${name}: ${pair === 0 ? 'warming up' : `${String(pair)} of ${String(wanted)}`}`,
      );
      // Each goes first every other time: what changes slowly then touches both alike.
      const oursFirst = pair % 2 === 0;
      const before = oursFirst ? await ours.run() : await baseline.run();
      const after = oursFirst ? await baseline.run() : await ours.run();
      if (pair > 0) {
        measured.push(
          oursFirst ? { ours: before, baseline: after } : { ours: after, baseline: before },
        );
      }
    }
    const figure = figureOf(comparison, measured);
    figures.push(figure);
    progress.lasting(`  ${figureLine(figure)}`);
  },
  note: (text) => notes.push(text),
});
