import { paygoCommand } from '../../src/operations/paygo-command.ts';

type Environment = Readonly<Record<string, string>>;

const nothing = () => Promise.resolve();

export type Called = {
  readonly code: number | null;
  readonly said: string;
  readonly complained: string;
};

/** A command of paygo in this process: its exit code, and what it wrote. */
export const called = (env: Environment, ...args: readonly string[]): Promise<Called> =>
  calledUntil(new AbortController().signal, env, ...args);

/** As called, and ended by the signal. */
export async function calledUntil(
  signal: AbortSignal,
  env: Environment,
  ...args: readonly string[]
): Promise<Called> {
  const said: string[] = [];
  const complained: string[] = [];
  const call = {
    ...{ args, env, signal },
    say: (line: string) => said.push(line),
    complain: (line: string) => complained.push(line),
  };
  const code = await paygoCommand(call, { serve: nothing, demo: nothing });
  return { code, said: said.join('\n'), complained: complained.join('\n') };
}
