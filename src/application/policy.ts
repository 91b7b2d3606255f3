import { type Biller } from './biller.ts';

export type PolicyLogger = {
  info(details: object, message: string): void;
  error(details: object, message: string): void;
};

/** Runs the biller for ever: every second, and soon after something was recorded. */
export type Policy = { readonly wake: () => void; stop(): Promise<void> };

const everyMs = 1000;
const soonMs = 20;

export function startPolicy(biller: Biller, logger: PolicyLogger): Policy {
  const stopping = new AbortController();
  let dueAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const schedule = (inMs: number): void => {
    const at = performance.now() + inMs;
    if (stopping.signal.aborted || (timer !== undefined && dueAt <= at)) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => {
      timer = undefined;
      running = run().then(() => {
        schedule(everyMs);
      });
    }, inMs);
  };
  const run = async (): Promise<void> => {
    try {
      const invoices = await biller.run(stopping.signal);
      if (invoices > 0) logger.info({ invoices }, 'the biller finalized invoices');
    } catch (err) {
      if (!stopping.signal.aborted) logger.error({ err }, 'the biller failed and tries again');
    }
  };
  schedule(0);
  return {
    wake: () => {
      schedule(soonMs);
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
