import { type Asked, type Bench, type Lab, type Reading } from './bench.ts';
import { figureOf, readingsOf, type Figure, type Pair } from './figures.ts';
import { figureLine, type Result } from './report.ts';

export type LabOptions = Asked & { readonly progress: Progress };

const defaultPairs = 5;
const briefPairs = 3;

export type Progress = {
  /** Replaced by the next one. */
  passing(text: string): void;
  lasting(text: string): void;
};

/** Runs a bench to its end, whatever happens. */
export async function runBench(bench: Bench, options: LabOptions): Promise<Result> {
  const { name, about, obstacle } = bench;
  const figures: Figure[] = [];
  const readings: Reading[] = [];
  const notes: string[] = [];
  const skipped = obstacle?.() ?? null;
  let failed: string | null = null;
  options.progress.lasting(`${name}: ${skipped === null ? about : `skipped, ${skipped}`}`);
  if (skipped === null) {
    try {
      await bench.run(createLab(options, { figures, readings, notes }));
    } catch (error) {
      failed = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  }
  return { bench: name, about, figures, readings: readingsOf(readings), notes, skipped, failed };
}

type Found = {
  readonly figures: Figure[];
  readonly readings: Reading[];
  readonly notes: string[];
};

const createLab = (
  { progress, ...asked }: LabOptions,
  { figures, readings, notes }: Found,
): Lab => ({
  ...asked,
  async compare(comparison) {
    const { name, ours, baseline, warmUp = true } = comparison;
    const wanted = comparison.pairs ?? asked.runs ?? (asked.isBrief ? briefPairs : defaultPairs);
    const measured: Pair[] = [];
    for (let pair = warmUp ? 0 : 1; pair <= wanted; pair += 1) {
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
  read: (...more) => readings.push(...more),
  passing: (text) => {
    progress.passing(`  ${text}`);
  },
  lasting: (text) => {
    progress.lasting(`  ${text}`);
  },
  note: (text) => notes.push(text),
});
