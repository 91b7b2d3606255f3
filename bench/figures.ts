import { present } from '../src/kernel/invariant.ts';
import { type Comparison, type Reading, type Run } from './bench.ts';

export type Spread = { readonly median: number; readonly min: number; readonly max: number };

export type Measured = {
  readonly name: string;
  /** How much a second. */
  readonly rate: Spread;
  /** What one costs the process that is measured. */
  readonly cpuMicros: Spread | null;
  readonly runs: readonly Run[];
};

export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly ours: Measured;
  readonly baseline: Measured;
  /** Ours to the baseline of the same pair; above 1: ours is faster. */
  readonly ratio: Spread;
};

/** Readings of one name. */
export type Readings = {
  readonly name: string;
  readonly unit: Reading['unit'];
  readonly value: Spread;
  readonly beside: { readonly name: string; readonly value: Spread; readonly ratio: Spread } | null;
};

export type Pair = { readonly ours: Run; readonly baseline: Run };

export function figureOf(
  { name, unit, ours, baseline }: Comparison,
  pairs: readonly Pair[],
): Figure {
  const rates = pairs.map((pair) => rateOf(pair.ours) / rateOf(pair.baseline));
  return {
    name,
    unit,
    ours: measured(
      ours.name,
      pairs.map((pair) => pair.ours),
    ),
    baseline: measured(
      baseline.name,
      pairs.map((pair) => pair.baseline),
    ),
    ratio: spread(rates),
  };
}

/** In the order in which their names first came. */
export const readingsOf = (readings: readonly Reading[]): readonly Readings[] =>
  [...new Set(readings.map(({ name }) => name))].map((name) =>
    together(readings.filter((reading) => reading.name === name)),
  );

function together(readings: readonly Reading[]): Readings {
  const { name, unit } = present(readings[0], 'there is at least one');
  const pairs = readings.flatMap(({ value, beside }) =>
    beside === undefined ? [] : [{ value, beside }],
  );
  const [first] = pairs;
  return {
    name,
    unit,
    value: spread(readings.map(({ value }) => value)),
    beside:
      first === undefined
        ? null
        : {
            name: first.beside.name,
            value: spread(pairs.map(({ beside }) => beside.value)),
            ratio: spread(pairs.map(({ value, beside }) => value / beside.value)),
          },
  };
}

const rateOf = ({ count, seconds }: Run): number => count / seconds;

function measured(name: string, runs: readonly Run[]): Measured {
  const micros = runs.flatMap(({ count, cpuSeconds }) =>
    cpuSeconds === null ? [] : [(cpuSeconds * 1e6) / count],
  );
  return {
    name,
    rate: spread(runs.map(rateOf)),
    cpuMicros: micros.length === 0 ? null : spread(micros),
    runs,
  };
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => present(sorted[index], 'there is at least one value');
  const upper = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(upper) : (at(upper - 1) + at(upper)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}
