import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench } from './bench.ts';
import { runBench, type Progress } from './lab.ts';
import { machine } from './machine.ts';
import { machineLine, resultLines, writeReport, type Result } from './report.ts';
import { catchUp } from './catch-up.ts';
import { embeddedAppends } from './embedded-appends.ts';
import { eventStoreAppends } from './eventstore-appends.ts';
import { eventStoreReads } from './eventstore-reads.ts';
import { ingestion } from './ingestion.ts';
import { replay } from './replay.ts';
import { twoProjectors } from './two-projectors.ts';

const benches: readonly Bench[] = [
  ingestion,
  embeddedAppends,
  catchUp,
  eventStoreAppends,
  eventStoreReads,
  replay,
  twoProjectors,
];

const usage = [
  'npm run bench -- [name ...] [--runs 5] [--seconds 1]',
  '',
  'Prints a table and writes a JSON file. Each figure stands beside a baseline of the same run;',
  'both are run in turn, --runs times each, for --seconds where they could go on for ever.',
  '',
  ...benches.map(({ name, about }) => `  ${name.padEnd(20)}${about}`),
].join('\n');

const isTerminal = process.stderr.isTTY;
const clear = isTerminal ? '\r\u001b[K' : '';
const progress: Progress = {
  passing(text) {
    if (isTerminal) process.stderr.write(`${clear}${text}`);
  },
  lasting(text) {
    process.stderr.write(`${clear}${text}\n`);
  },
};

function wanted(): { chosen: readonly Bench[]; pairs: number; seconds: number } | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return usage;
    const [pairs, seconds] = [Number(values.runs), Number(values.seconds)];
    if (!(Number.isInteger(pairs) && pairs > 0)) throw new Error('--runs is a whole number from 1');
    if (!(seconds > 0)) throw new Error('--seconds is a number above 0');
    const stranger = positionals.find((name) => benches.every((bench) => bench.name !== name));
    if (stranger !== undefined) throw new Error(`there is no bench ${stranger}`);
    const chosen = benches.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    return { chosen, pairs, seconds };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
    return usage;
  }
}

const asked = wanted();
if (typeof asked === 'string') console.log(asked);
else {
  const startedAt = new Date().toISOString();
  const here = machine();
  progress.lasting(machineLine(here));
  const results: Result[] = [];
  for (const bench of asked.chosen) {
    results.push(await runBench(bench, { ...asked, progress }));
  }
  console.log(machineLine(here));
  for (const result of results) console.log(['', ...resultLines(result)].join('\n'));
  const path = writeReport({ startedAt, machine: here, results });
  console.log(`\nwritten to ${relative(process.cwd(), path)}`);
  if (results.some(({ failed }) => failed !== null)) process.exitCode = 1;
}
