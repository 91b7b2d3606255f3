import { type Instant } from '../src/kernel/calendar.ts';
import { NotCounted } from '../src/application/ports.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { latePeriod, type BillingPeriod } from '../src/contracts/periods.ts';
import { pendingLateSince } from '../src/invoices/settling.ts';
import { accountsAt, lastAccountChange } from './accounts.ts';
import { customerContracts } from './contracts.ts';
import { latePeriodOf } from './drafts.ts';
import { contractIn } from './figures.ts';
import { atOnePosition, type ReadModels } from './read-models.ts';
import { lateCustomers, lateMarks } from './usage.ts';

/** A period of an ended contract that may have to bill late usage alone (billing rule 21). */
export type WaitingPeriod = {
  readonly contract: Contract;
  readonly period: BillingPeriod;
  readonly lateSince: Instant;
};

/** Those of the customers', or of everybody's; whether they have a line is another question. */
export async function waitingPeriods(
  models: ReadModels,
  graceHours: number,
  customerIds: readonly string[] | null,
): Promise<readonly WaitingPeriod[]> {
  const late = await lateCustomers(models.usage.reader, customerIds);
  const marks = await lateMarks(models.usage.reader, late);
  const states = await customerContracts(models.main.reader, late);
  return [...states].flatMap(([customerId, { state }]) =>
    state.contracts.flatMap((contract) => {
      const lateSince = pendingLateSince(contract, marks.get(customerId) ?? []);
      const period = lateSince === null ? undefined : latePeriod(contract, lateSince, graceHours);
      return lateSince === null || period === undefined ? [] : [{ contract, period, lateSince }];
    }),
  );
}

/**
 * Those whose draft has a line: it exists only then. Where a metric that tells is not counted yet,
 * it waits, or skips the period.
 */
export async function withLines(
  models: ReadModels,
  graceHours: number,
  waiting: readonly WaitingPeriod[],
  uncounted: 'wait' | 'skip' = 'wait',
): Promise<readonly WaitingPeriod[]> {
  if (waiting.length === 0) return [];
  const customerIds = [...new Set(waiting.map(({ contract }) => contract.customerId))];
  return atOnePosition(models, lastAccountChange(customerIds), async (moment) => {
    const accounts = await accountsAt(moment, customerIds);
    const found: WaitingPeriod[] = [];
    for (const one of waiting) {
      const account = accounts.get(one.contract.customerId);
      if (account === undefined) continue;
      const contract = contractIn(account, one.contract.contractId);
      const asked = latePeriodOf(moment, account, contract, graceHours);
      const period = await (uncounted === 'wait' ? asked : asked.catch(skipUncounted));
      if (period?.invoiceId === one.period.invoiceId) found.push(one);
    }
    return found;
  });
}

function skipUncounted(error: unknown): undefined {
  if (!(error instanceof NotCounted)) throw error;
}
