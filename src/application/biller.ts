import { setImmediate as nextTurn } from 'node:timers/promises';
import { proveInvoice } from '../audit/prove.ts';
import { type Instant } from '../kernel/calendar.ts';
import { invariant, present } from '../kernel/invariant.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { contracts } from '../contracts/decider.ts';
import { type ContractCommand } from '../contracts/commands.ts';
import { contractsStream, type PeriodClosed } from '../contracts/events.ts';
import { type InvoiceCommand } from '../invoices/commands.ts';
import { invoice } from '../invoices/decider.ts';
import { invoiceStream, type InvoiceProof } from '../invoices/events.ts';
import { type PaygoClock } from './clock.ts';
import { handle, type Deps } from './handle.ts';
import { NotCounted, type Billing, type Caller, type DuePeriod } from './ports.ts';

export type BillerDeps = Deps & {
  readonly clock: PaygoClock;
  readonly billing: Billing;
  readonly graceHours: number;
};

const waitMs = 60_000;
const countedWithinMs = 30_000;
const contractsAtOnce = 100;

const never = new AbortController().signal;

/**
 * The policy that finalizes: facts in, commands out. Any number of processes may run it: closing a
 * period is decided by the contracts' stream, publishing its invoice by the invoice's own.
 */
export type Biller = {
  /**
   * Finishes what was begun, then closes and publishes all that is due by now, in order; one run at
   * a time. Resolves to how many periods it closed.
   */
  run(signal?: AbortSignal): Promise<number>;
  /**
   * Publishes what the last runs could not, because metrics did not count all earlier usage yet.
   * NotCounted: they do not in time.
   */
  publishRest(): Promise<void>;
  figures(): BillerFigures;
};

/** How finalizing goes, since the process began. */
export type BillerFigures = {
  /** Periods that the last run found due. */
  readonly due: number;
  /** Periods that were closed. */
  readonly issued: number;
  /** By the machine's clock; null: it has not run. */
  readonly lastRunAt: string | null;
};

export const biller: Caller = { actor: 'biller', requestId: 'policy' };

export function createBiller(deps: BillerDeps): Biller {
  let running: Promise<unknown> = Promise.resolve();
  const figures = { due: 0, issued: 0, lastRunAt: null as string | null };
  return {
    run(signal = never) {
      const run = running.then(async () => {
        const { due, closed } = await runOnce(deps, signal);
        figures.due = due;
        figures.issued += closed;
        figures.lastRunAt = new Date().toISOString();
        return closed;
      });
      running = run.catch(() => undefined);
      return run;
    },
    figures: () => ({ ...figures }),
    async publishRest() {
      for (const reference of await deps.billing.unpublishedClosings()) {
        await publish(deps, await closingAt(deps, reference), countedWithinMs);
      }
    },
  };
}

type Run = { readonly due: number; readonly closed: number };

/** Stops between two invoices when the signal aborts: whoever runs next goes on from there. */
async function runOnce(deps: BillerDeps, signal: AbortSignal): Promise<Run> {
  const nothing: Run = { due: 0, closed: 0 };
  await deps.clock.refresh();
  for (const reference of await deps.billing.unpublishedClosings()) {
    if (signal.aborted) return nothing;
    await attempt(deps, await closingAt(deps, reference));
  }
  for (const { customerId, invoiceId } of await deps.billing.unfinishedVoids()) {
    if (signal.aborted) return nothing;
    const position = await reopen(deps, customerId, invoiceId, biller);
    await deps.billing.waitFor(position, waitMs);
  }
  return closeDue(deps, deps.clock.now(), signal);
}

/** Page by page; where nothing of a page can be closed, it looks further. */
async function closeDue(deps: BillerDeps, now: Instant, signal: AbortSignal): Promise<Run> {
  let found = 0;
  let closed = 0;
  for (let contractsMax = contractsAtOnce; ;) {
    const { periods, isAll } = await deps.billing.duePeriods(now, contractsMax);
    const before = closed;
    for (const period of periods) {
      if (signal.aborted) return { due: found, closed };
      found += 1;
      if (await closeOne(deps, period)) closed += 1;
    }
    if (closed > before) continue;
    if (isAll) return { due: found, closed };
    contractsMax *= 2;
  }
}

/** Whether the period was closed by this call. */
async function closeOne(
  deps: BillerDeps,
  { customerId, invoiceId, lateSince }: DuePeriod,
): Promise<boolean> {
  const { graceHours } = deps;
  const handled = await handle(deps, contracts, contractsStream(customerId), biller, {
    command: (_state, now): ContractCommand => ({
      type: 'ClosePeriod',
      invoiceId,
      early: false,
      graceHours,
      lateSince,
      now,
    }),
  });
  if ('refused' in handled) return false;
  await deps.billing.waitFor(handled.position, waitMs);
  await publishAll(deps, customerId, null);
  return handled.changed;
}

/**
 * Publishes the customer's closed periods, in order: later ones settle what earlier ones charged.
 * Only the invoice that is awaited waits for metrics that do not count all earlier usage yet.
 */
export async function publishAll(
  deps: BillerDeps,
  customerId: string,
  awaited: string | null,
): Promise<bigint> {
  const stream = contractsStream(customerId);
  let position = 0n;
  for (const reference of await deps.billing.unpublishedClosings()) {
    if (reference.stream !== stream) continue;
    const closed = await closingAt(deps, reference);
    const isAwaited = closed.event.invoiceId === awaited;
    const published = isAwaited ? publish(deps, closed, countedWithinMs) : attempt(deps, closed);
    position = await published;
  }
  if (awaited === null) return position;
  const published = await deps.log.readStream(invoiceStream(awaited), { maxCount: 1 });
  return published.at(0)?.position ?? position;
}

/** Publishes it unless a metric is not counted yet: a later run finds what is left. */
async function attempt(deps: BillerDeps, closed: Recorded<PeriodClosed>): Promise<bigint> {
  try {
    return await publish(deps, closed, 0);
  } catch (error) {
    if (!(error instanceof NotCounted)) throw error;
    return 0n;
  }
}

async function closingAt(
  { log }: BillerDeps,
  { stream, revision }: EventReference,
): Promise<Recorded<PeriodClosed>> {
  const [recorded] = await log.readStream(stream, { from: revision, maxCount: 1 });
  return present(recorded, 'a closed period is in the log') as Recorded<PeriodClosed>;
}

async function publish(
  deps: BillerDeps,
  closed: Recorded<PeriodClosed>,
  withinMs: number,
): Promise<bigint> {
  const content = await deps.billing.frozenInvoice(closed, withinMs);
  if (content === null) return 0n;
  const { stream, revision } = closed;
  const proof = await proofOf(deps, closed, withinMs);
  const handled = await handle(deps, invoice, invoiceStream(content.invoiceId), biller, {
    command: (): InvoiceCommand => ({
      type: 'PublishInvoice',
      content,
      issuedAt: closed.event.closedAt,
      closedBy: { stream, revision },
      proof,
    }),
  });
  if ('refused' in handled) return 0n;
  await deps.billing.waitFor(handled.position, waitMs);
  return handled.position;
}

/** What the invoice is to prove; the one before it, which it refers to, is published first. */
async function proofOf(
  deps: BillerDeps,
  closed: Recorded<PeriodClosed>,
  withinMs: number,
): Promise<InvoiceProof> {
  const prove = () =>
    proveInvoice(deps.log, closed, async (positions) => {
      // Others have their turn between the pages of a large month.
      await nextTurn();
      return deps.billing.repeatsAt(positions);
    });
  const first = await prove();
  if ('proof' in first) return first.proof;
  await publish(deps, first.awaits, withinMs);
  const second = await prove();
  invariant('proof' in second, 'the invoice before is published by now');
  return second.proof;
}

export async function reopen(
  deps: Deps,
  customerId: string,
  invoiceId: string,
  by: Caller,
): Promise<bigint> {
  const handled = await handle(deps, contracts, contractsStream(customerId), by, {
    command: (_state, now): ContractCommand => ({ type: 'ReopenPeriod', invoiceId, now }),
  });
  return 'refused' in handled ? 0n : handled.position;
}
