import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of its own, which does one thing at a time when it is asked to. */
export type Worker<Question, Answer> = {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
};

type Reply = { readonly answer: unknown } | { readonly failed: string };

/** Starts the script, which `serve`s. What it throws is thrown here; so is its end. */
export function startWorker<Question extends object, Answer>(
  script: URL,
  args: readonly string[] = [],
): Worker<Question, Answer> {
  const child = fork(fileURLToPath(script), [...args], { serialization: 'json' });
  const ended = once(child, 'exit');
  return {
    async ask(question) {
      const listening = new AbortController();
      const { signal } = listening;
      const replied = once(child, 'message', { signal }) as Promise<[Reply]>;
      const died = once(child, 'exit', { signal }).then((): never => {
        throw new Error(`${fileURLToPath(script)} ended before it answered`);
      });
      try {
        child.send(question);
        const [reply] = await Promise.race([replied, died]);
        if ('failed' in reply) throw new Error(reply.failed);
        return reply.answer as Answer;
      } finally {
        listening.abort();
        for (const one of [replied, died]) one.catch(() => undefined);
      }
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await ended;
    },
  };
}

/**
 * Answers what the process that started this one asks, until that one has had enough, or is gone;
 * `end` comes last.
 */
export function serve(
  answer: (question: never) => Promise<unknown>,
  end: () => Promise<void> = () => Promise.resolve(),
): void {
  const reply = async (question: unknown): Promise<Reply> => {
    try {
      return { answer: await answer(question as never) };
    } catch (error) {
      return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  process.on('message', (question) => {
    void reply(question).then((replied) => process.send?.(replied));
  });
  process.on('disconnect', () => {
    void end().finally(() => process.exit());
  });
}
