import { once } from 'node:events';
import { setImmediate as immediate } from 'node:timers/promises';
import { paygoCommand, type Programs } from './operations/paygo-command.ts';

/** As a shell tells of a process that a signal has ended. */
const codes = { SIGINT: 130, SIGTERM: 143, SIGPIPE: 141 };

/** What has ended a command before it was done. */
type Ending = { by?: keyof typeof codes; fault?: Error };

/** Runs a command in this process, which ends with its exit code. */
export async function runCommand(args: readonly string[], programs: Programs): Promise<void> {
  const ending = new AbortController();
  const ended: Ending = {};
  const end = (signal: keyof typeof codes) => (): void => {
    ended.by ??= signal;
    ending.abort();
  };
  const heard = [
    [process, 'SIGINT', end('SIGINT')],
    [process, 'SIGTERM', end('SIGTERM')],
    [process.stdout, 'error', unwritten(ended, end('SIGPIPE'))],
    // Whom could one tell?
    [process.stderr, 'error', () => undefined],
  ] as const;
  for (const [where, name, listener] of heard) where.on(name, listener);
  const alone =
    (start: () => Promise<unknown>): (() => Promise<unknown>) =>
    () => {
      for (const [where, name, listener] of heard) where.off(name, listener);
      return start();
    };
  const { signal } = ending;
  const { clear, say, complain, tell } = terminal();
  const code = await paygoCommand(
    {
      args,
      say,
      complain: (line) => {
        if (ended.by !== 'SIGPIPE') complain(line);
      },
      ...(process.stderr.isTTY ? { tell } : {}),
      drained: () => drained(signal),
      signal,
    },
    { serve: alone(programs.serve), demo: alone(programs.demo) },
  );
  if (code === null) return;
  clear();
  await written();
  const { by, fault } = ended;
  if (fault !== undefined) complain(`paygo: the output cannot be written: ${fault.message}`);
  process.exitCode = fault !== undefined ? 1 : by === undefined ? code : codes[by];
  // What was under way when it was ended goes on in vain.
  if (by !== undefined) process.exit();
}

/** Nobody reads on, as behind `| head`, or there is no room: then half of it must not seem all. */
const unwritten =
  (ended: Ending, end: () => void) =>
  (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') ended.fault ??= error;
    end();
  };

/** Once what was said is written, or it is known that it cannot be. */
async function written(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => {
      resolve();
    });
  });
  await immediate();
}

const clearLine = '\r\u001b[2K';

/** Writes lines; one of progress stays until the next line of any kind. */
function terminal() {
  const { stdout, stderr } = process;
  let isTelling = false;
  const clear = (): void => {
    if (isTelling) stderr.write(clearLine);
    isTelling = false;
  };
  const lineTo = (to: NodeJS.WriteStream) => (line: string) => {
    clear();
    to.write(`${line}\n`);
  };
  const tell = (line: string): void => {
    clear();
    stderr.write(line);
    isTelling = true;
  };
  return { clear, say: lineTo(stdout), complain: lineTo(stderr), tell };
}

async function drained(signal: AbortSignal): Promise<void> {
  await immediate();
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain', { signal });
}
