import { copyLogCommand } from './operations/command.ts';

/** As a shell tells of a process that a signal has ended. */
const codes = { SIGINT: 130, SIGTERM: 143 };

const ending = new AbortController();
let endedBy: keyof typeof codes | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endedBy = signal;
    ending.abort();
  });
}
const code = await copyLogCommand({
  args: process.argv.slice(2),
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  signal: ending.signal,
});
// What was under way when it was ended goes on in vain.
process.exit(endedBy === undefined ? code : codes[endedBy]);
