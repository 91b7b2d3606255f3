import { addHours, earliest, type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { openPeriod } from '../src/contracts/closing.ts';
import { dueAt, latePeriod, openPeriods, type BillingPeriod } from '../src/contracts/periods.ts';
import { type Billing, type DuePeriod } from '../src/application/ports.ts';
import { lastAccountChange } from './accounts.ts';
import {
  contractCustomers,
  contractsByIds,
  customerContracts,
  earliestDue,
  nextDueContracts,
} from './contracts.ts';
import { frozenContent, latePeriodOf, lateSinceOf } from './drafts.ts';
import { draftHeads } from './invoice-list.ts';
import { publishedIds, unfinishedVoids, unpublishedClosings } from './invoices.ts';
import { answerWithinMs, atOnePosition, type ReadModels } from './read-models.ts';
import { lateCustomers } from './usage.ts';

/** What the biller asks: the Billing port over the read models. */
export function createBilling(models: ReadModels, graceHours: number): Billing {
  const { reader } = models.main;
  return {
    async waitFor(position, timeoutMs) {
      await models.waitForMain(position, timeoutMs);
      await models.waitForUsage(position, timeoutMs);
    },
    duePeriods: (now) => duePeriods(models, graceHours, now),
    nextDueAt: (now) => nextDueAt(models, graceHours, now),
    async lateSince(contractId) {
      const contract = (await contractsByIds(reader, [contractId])).get(contractId);
      return contract === undefined ? null : lateSinceOf(models.usage.reader, contract);
    },
    async customerOf(contractId) {
      return (await contractCustomers(reader, [contractId])).get(contractId) ?? null;
    },
    async hasOpenDrafts(customerId, now) {
      const filter = { customerId, contractId: null };
      return (await draftHeads(models, graceHours, filter, now)).length > 0;
    },
    async hasDraft(contractId, invoiceId, now) {
      const contract = (await contractsByIds(reader, [contractId])).get(contractId);
      if (contract === undefined) return false;
      const lateSince = await lateSinceOf(models.usage.reader, contract);
      return openPeriod(contract, invoiceId, { now, lateSince, graceHours }) !== undefined;
    },
    async frozenInvoice({ event, position }) {
      await models.waitForMain(position, answerWithinMs);
      await models.waitForUsage(position, answerWithinMs);
      const { customerId } = event;
      return models.usage.snapshot((usage) =>
        models.main.snapshot(async (main) => {
          if ((await publishedIds(main, [event.invoiceId])).size > 0) return null;
          const contract = (await contractsByIds(main, [event.contractId])).get(event.contractId);
          const closing = contract?.closings.find((one) => one.invoiceId === event.invoiceId);
          const found = present(closing, 'the main store has folded the closed period');
          return frozenContent(models, { main, usage }, customerId, found);
        }),
      );
    },
    unpublishedClosings: () => unpublishedClosings(reader),
    unfinishedVoids: () => unfinishedVoids(reader),
  };
}

async function duePeriods(
  models: ReadModels,
  graceHours: number,
  now: Instant,
): Promise<readonly DuePeriod[]> {
  const { reader } = models.main;
  const gracedBefore = addHours(now, -graceHours);
  const keys = await nextDueContracts(reader, { gracedBefore, immediateBefore: now });
  const contracts = await contractsByIds(
    reader,
    keys.map(({ contractId }) => contractId),
  );
  const due: (DuePeriod & { readonly createdAt: Instant })[] = [];
  for (const { contractId } of keys) {
    const contract = present(contracts.get(contractId), 'a contract that is due exists');
    for (const period of openPeriods(contract, now)) {
      if (period.periodEnd <= now && dueAt(period, graceHours) <= now) {
        due.push(asDue(contract, period, graceHours, null));
      }
    }
  }
  for (const contract of await endedWithLateUsage(models)) {
    const late = await dueLatePeriod(models, contract, graceHours, now);
    if (late !== undefined) due.push(asDue(contract, late, graceHours, late.lateSince));
  }
  return due.sort((a, b) => compare(a.dueAt, b.dueAt) || compare(a.createdAt, b.createdAt));
}

async function nextDueAt(
  models: ReadModels,
  graceHours: number,
  now: Instant,
): Promise<Instant | null> {
  const after = { gracedAfter: addHours(now, -graceHours), immediateAfter: now };
  const { graced, immediate } = await earliestDue(models.main.reader, after);
  let next = immediate;
  if (graced !== null) next = earliest(addHours(graced, graceHours), next);
  for (const contract of await endedWithLateUsage(models)) {
    const since = await lateSinceOf(models.usage.reader, contract);
    const period = since === null ? undefined : latePeriod(contract, since, graceHours);
    const due = period === undefined ? null : dueAt(period, graceHours);
    if (due !== null && due > now) next = earliest(due, next);
  }
  return next;
}

/** The contracts that may have to issue an invoice for late usage alone. */
async function endedWithLateUsage(models: ReadModels): Promise<Contract[]> {
  const customerIds = [...(await lateCustomers(models.usage.reader)).keys()];
  const states = await customerContracts(models.main.reader, customerIds);
  return [...states.values()]
    .flatMap(({ state }) => state.contracts)
    .filter(({ endingBefore, closings }) => endingBefore !== null && closings.length > 0);
}

async function dueLatePeriod(
  models: ReadModels,
  contract: Contract,
  graceHours: number,
  now: Instant,
): Promise<(BillingPeriod & { readonly lateSince: Instant }) | undefined> {
  const since = await lateSinceOf(models.usage.reader, contract);
  const period = since === null ? undefined : latePeriod(contract, since, graceHours);
  if (period === undefined || period.periodEnd > now || dueAt(period, graceHours) > now) {
    return undefined;
  }
  return atOnePosition(
    models,
    (main) => lastAccountChange(main, contract.customerId),
    (moment) => latePeriodOf(models, moment, contract, graceHours),
  );
}

const asDue = (
  contract: Contract,
  period: BillingPeriod,
  graceHours: number,
  lateSince: Instant | null,
) => ({
  customerId: contract.customerId,
  invoiceId: period.invoiceId,
  dueAt: dueAt(period, graceHours),
  lateSince,
  createdAt: contract.createdAt,
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
