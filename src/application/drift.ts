import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditLog } from '../audit/sound.ts';
import { replayInvoice } from '../audit/replay.ts';
import { createRounds, type Finalized, type Rounds } from './drift-rounds.ts';
import { pacedLog, TooMuchUsage } from './paced-log.ts';
import { type PolicyLogger } from './policy.ts';
import { Unavailable } from './ports.ts';

/** Replays finalized invoices beside other work: those that differ are drift. */
export type DriftWatch = {
  /** One invoice after the other, the newest first, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  figures(): DriftFigures;
};

/** Since it was made. */
export type DriftFigures = {
  readonly verified: number;
  /** Invoices that have more usage than is replayed beside other work. */
  readonly tooLarge: number;
  /** How many invoices differ from what the log says. */
  readonly drift: number;
  /** The one of them that was looked at last. */
  readonly lastDrift: string | null;
};

export type DriftNeeds = {
  readonly log: AuditLog;
  /** The invoice that was finalized last, or last before that number. */
  readonly finalizedBefore: (number: number | null) => Promise<Finalized | null>;
  readonly logger: Pick<PolicyLogger, 'error' | 'info'>;
  readonly pace?: Pace;
};

export type Pace = {
  readonly everyMs: number;
  /** Invoices with more lines of usage are left to whoever verifies all. */
  readonly mostLines: number;
};

const slowly: Pace = { everyMs: 5000, mostLines: 20_000 };

/** A process that is busier than that has other things to do, but for one invoice a minute. */
const busy = 0.3;
const mostTurnsLeftOut = 11;
const rest = 4;
const differencesTold = 20;

export function createDriftWatch(needs: DriftNeeds): DriftWatch {
  const { log, logger, finalizedBefore, pace = slowly } = needs;
  const rounds: Rounds = createRounds(finalizedBefore);
  const drifting = new Set<string>();
  const figures = { verified: 0, tooLarge: 0 };

  const judge = (invoiceId: string, differences: readonly string[]): void => {
    figures.verified += 1;
    const isKnown = drifting.delete(invoiceId);
    if (differences.length === 0) {
      if (isKnown) logger.info({ invoiceId }, 'an invoice is what the log says again');
      return;
    }
    drifting.add(invoiceId);
    if (isKnown) return;
    const told = differences.slice(0, differencesTold);
    const details = { invoiceId, differences: told, differencesInAll: differences.length };
    logger.error(details, 'an invoice is not what the log says');
  };
  const verify = async (invoiceId: string, signal: AbortSignal): Promise<void> => {
    const paced = pacedLog(log, { signal, mostLines: pace.mostLines, rest });
    const differences = await differencesOf(paced, invoiceId);
    const failure = paced.failure();
    if (failure instanceof TooMuchUsage) figures.tooLarge += 1;
    else if (signal.aborted || failure instanceof Unavailable) throw failure;
    else judge(invoiceId, differences);
  };
  return {
    async run(signal) {
      const isDue = whenIdle();
      while (await rested(pace.everyMs, signal)) {
        if (!isDue()) continue;
        try {
          const invoice = await rounds.next();
          if (invoice !== null) await verify(invoice.invoiceId, signal);
        } catch (err) {
          // While the log or the database is away, all others say so.
          if (signal.aborted || err instanceof Unavailable) continue;
          logger.error({ err }, 'looking for drift failed and is tried again');
        }
      }
    },
    figures: () => ({
      ...figures,
      drift: drifting.size,
      lastDrift: [...drifting].at(-1) ?? null,
    }),
  };
}

async function differencesOf(log: AuditLog, invoiceId: string): Promise<readonly string[]> {
  try {
    const found = await replayInvoice(log, invoiceId);
    return found?.differences ?? ['the log has no such invoice'];
  } catch (error) {
    return [`cannot be computed: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** Leaves turns out while the process is busy. */
function whenIdle(): () => boolean {
  let seen = performance.eventLoopUtilization();
  let leftOut = 0;
  return () => {
    const { utilization } = performance.eventLoopUtilization(seen);
    seen = performance.eventLoopUtilization();
    const isDue = utilization <= busy || leftOut >= mostTurnsLeftOut;
    leftOut = isDue ? 0 : leftOut + 1;
    return isDue;
  };
}

/** Waits so long; false: it was ended. */
async function rested(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    // The process may end while it waits.
    await sleep(ms, undefined, { signal, ref: false });
    return true;
  } catch {
    return false;
  }
}
