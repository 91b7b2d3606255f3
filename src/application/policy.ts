export type PolicyLogger = {
  info(details: object, message: string): void;
  debug(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

/** Runs something for ever: every second, and soon after it is woken. */
export type Policy = { readonly wake: () => void; stop(): Promise<void> };

const everyMs = 1000;
const soonMs = 20;

export type PolicyWork = {
  /** One run; it is asked to end when the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Said when a run fails. */
  readonly failure: string;
  readonly logger: Pick<PolicyLogger, 'error'>;
};

/** One run at a time, again and again until it is stopped. */
export function startPolicy({ run, failure, logger }: PolicyWork): Policy {
  const stopping = new AbortController();
  let dueAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;
  let wokenMeanwhile = false;

  const schedule = (inMs: number): void => {
    const at = performance.now() + inMs;
    if (stopping.signal.aborted || (timer !== undefined && dueAt <= at)) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => {
      timer = undefined;
      if (isRunning) wokenMeanwhile = true;
      else running = runOnce();
    }, inMs);
  };
  const runOnce = async (): Promise<void> => {
    isRunning = true;
    try {
      await run(stopping.signal);
    } catch (err) {
      if (!stopping.signal.aborted) logger.error({ err }, failure);
    }
    isRunning = false;
    schedule(wokenMeanwhile ? soonMs : everyMs);
    wokenMeanwhile = false;
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
