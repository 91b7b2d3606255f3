import { type Instant } from '../src/kernel/calendar.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { latePeriod, type BillingPeriod } from '../src/contracts/periods.ts';
import { pendingLateSince } from '../src/invoices/settling.ts';
import { accountsAt, lastAccountChange } from './accounts.ts';
import { customerContracts } from './contracts.ts';
import { latePeriodOf } from './drafts.ts';
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

/** Whether its draft has a line: it exists only then. */
export const hasLines = (
  models: ReadModels,
  graceHours: number,
  { contract, period }: WaitingPeriod,
): Promise<boolean> => {
  const { customerId } = contract;
  return atOnePosition(models, lastAccountChange([customerId]), async (moment) => {
    const account = (await accountsAt(moment, [customerId])).get(customerId);
    if (account === undefined) return false;
    const waiting = await latePeriodOf(moment, account, contract, graceHours);
    return waiting?.invoiceId === period.invoiceId;
  });
};
