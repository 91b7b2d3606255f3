import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Asked, type Bench } from './bench.ts';
import { runBench, type Progress } from './lab.ts';
import { machine } from './machine.ts';
import { machineLine, resultLines, writeReport, type Result } from './report.ts';
import { auditQuestions } from './audit-questions.ts';
import { catchUp } from './catch-up.ts';
import { embeddedAppends } from './embedded-appends.ts';
import { eventStoreAppends } from './eventstore-appends.ts';
import { eventStoreReads } from './eventstore-reads.ts';
import { ingestion } from './ingestion.ts';
import { mutationsUnderLoad } from './mutations-under-load.ts';
import { replay } from './replay.ts';
import { tenMillion } from './ten-million.ts';
import { toTheDraft } from './to-the-draft.ts';
import { twoProjectors } from './two-projectors.ts';

const benches: readonly Bench[] = [
  ingestion,
  toTheDraft,
  mutationsUnderLoad,
  tenMillion,
  embeddedAppends,
  catchUp,
  eventStoreAppends,
  eventStoreReads,
  replay,
  auditQuestions,
  twoProjectors,
];

const usage = [
  'npm run bench -- [name ...] [--runs 5] [--seconds 1] [--events N] [--customers N]',
  '',
  'Prints a table and writes a JSON file. Each figure stands beside a baseline of the same run;',
  'both are run in turn, --runs times each, for --seconds where they could go on for ever.',
  'Benches that take long have defaults of their own, and are shorter when all are run.',
  '',
  ...benches.map(({ name, about }) => `  ${name.padEnd(22)}${about}`),
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

type Wanted = Asked & { readonly chosen: readonly Bench[] };

function wanted(): Wanted | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        seconds: { type: 'string' },
        events: { type: 'string' },
        customers: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return usage;
    const seconds = values.seconds === undefined ? null : Number(values.seconds);
    if (seconds !== null && !(seconds > 0)) throw new Error('--seconds is a number above 0');
    const stranger = positionals.find((name) => benches.every((bench) => bench.name !== name));
    if (stranger !== undefined) throw new Error(`there is no bench ${stranger}`);
    const chosen = benches.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    return {
      chosen,
      seconds,
      runs: count('--runs', values.runs),
      events: count('--events', values.events),
      customers: count('--customers', values.customers),
      isBrief: positionals.length === 0,
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
    return usage;
  }
}

function count(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text.replaceAll('_', ''));
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new Error(`${option} is a whole number from 1`);
  }
  return value;
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
