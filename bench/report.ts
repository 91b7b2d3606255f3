import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../test/demo/table.ts';
import { type Figure, type Measured, type Readings, type Spread } from './figures.ts';
import { type Machine } from './machine.ts';

export type Result = {
  readonly bench: string;
  readonly about: string;
  readonly figures: readonly Figure[];
  readonly readings: readonly Readings[];
  readonly notes: readonly string[];
  /** Why there are no figures, or not all. */
  readonly skipped: string | null;
  readonly failed: string | null;
};

export type Report = {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly results: readonly Result[];
};

/** Beside the benchmark, where git does not look. */
export function writeReport(report: Report): string {
  const folder = join(import.meta.dirname, 'out');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${report.startedAt.replaceAll(':', '-')}.json`);
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, platform, node, commit, loadBefore } = machine;
  const known = commit === null ? '' : `, paygo ${commit}`;
  return `${cpu}, ${String(cores)} cores, ${String(memoryGiB)} GiB, ${platform}, Node ${node}${known}; load before: ${digits(loadBefore, 2)}`;
}

export function resultLines(result: Result): string[] {
  const { bench, about, figures, readings, notes, skipped, failed } = result;
  const head = ['', 'counted', 'paygo /s', 'baseline /s', 'ratio', 'CPU us', 'baseline us'];
  const rows = figures.map(({ name, unit, ours, baseline, ratio }) => [
    name,
    unit,
    range(ours.rate, rounded),
    `${range(baseline.rate, rounded)} ${baseline.name}`,
    range(ratio, (value) => digits(value, 2)),
    micros(ours),
    micros(baseline),
  ]);
  return [
    `${bench}: ${about}`,
    ...(figures.length === 0
      ? []
      : table([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'right'])),
    ...readingLines(readings),
    ...notes.map((note) => `note: ${note}`),
    ...(skipped === null ? [] : [`skipped: ${skipped}`]),
    ...(failed === null ? [] : [`failed: ${failed}`]),
  ];
}

function readingLines(readings: readonly Readings[]): readonly string[] {
  if (readings.length === 0) return [];
  const rows = readings.map(({ name, unit, value, beside }) => [
    name,
    unit,
    range(value, rounded),
    ...(beside === null
      ? []
      : [`${range(beside.value, rounded)} ${beside.name}`, range(beside.ratio, rounded)]),
  ]);
  const head = ['', 'in', 'paygo', 'beside', 'ratio'];
  return table([head, ...rows], ['left', 'left', 'right', 'right', 'right']);
}

/** A line of progress about a figure that is there. */
export const figureLine = ({ name, unit, ours, baseline, ratio }: Figure): string =>
  `${name}: ${rounded(ours.rate.median)} ${unit}/s, ${digits(ratio.median, 2)} of ${baseline.name}`;

const micros = ({ cpuMicros }: Measured): string =>
  cpuMicros === null ? '' : digits(cpuMicros.median, 1);

const range = ({ median, min, max }: Spread, text: (value: number) => string): string =>
  min === max ? text(median) : `${text(median)} (${text(min)}-${text(max)})`;

/** To three significant digits: more would say nothing. */
const rounded = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

const digits = (value: number, fraction: number): string =>
  value.toLocaleString('en-US', {
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  });
