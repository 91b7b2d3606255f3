import { addHours, earliest, type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { openPeriod } from '../src/contracts/closing.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { type PeriodClosed } from '../src/contracts/events.ts';
import { dueAt, openPeriods, type BillingPeriod } from '../src/contracts/periods.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { type Billing, type DuePeriod } from '../src/application/ports.ts';
import { contractCustomers, contractsByIds, earliestDue, nextDueContracts } from './contracts.ts';
import { frozenContent } from './drafts.ts';
import { draftHeads } from './invoice-list.ts';
import { publishedIds, unfinishedVoids, unpublishedClosings } from './invoices.ts';
import { waitingPeriods, withLines } from './late-periods.ts';
import { answerWithinMs, onceCounted, type ReadModels } from './read-models.ts';
import { repeatsAt } from './usage-repeats.ts';

/** What the biller asks: the Billing port over the read models. */
export function createBilling(models: ReadModels, graceHours: number): Billing {
  const { reader } = models.main;
  return {
    async waitFor(position, timeoutMs) {
      await models.waitForMain(position, timeoutMs);
      await models.waitForUsage(position, timeoutMs);
    },
    duePeriods: (now, contractsMax) => duePeriods(models, graceHours, now, contractsMax),
    nextDueAt: (now) => nextDueAt(models, graceHours, now),
    async lateSince(contractId) {
      const contract = (await contractsByIds(reader, [contractId])).get(contractId);
      return contract === undefined ? null : lateSinceOf(models, graceHours, contract);
    },
    async customerOf(contractId) {
      return (await contractCustomers(reader, [contractId])).get(contractId) ?? null;
    },
    async hasOpenDrafts(customerId, now) {
      return (await draftHeads(models, graceHours, [customerId], now)).length > 0;
    },
    async hasDraft(contractId, invoiceId, now) {
      const contract = (await contractsByIds(reader, [contractId])).get(contractId);
      if (contract === undefined) return false;
      const lateSince = await lateSinceOf(models, graceHours, contract);
      return openPeriod(contract, invoiceId, { now, lateSince, graceHours }) !== undefined;
    },
    frozenInvoice: (closed, countedWithinMs) =>
      onceCounted(models, countedWithinMs, () => frozenInvoice(models, closed)),
    unpublishedClosings: () => unpublishedClosings(reader),
    unfinishedVoids: () => unfinishedVoids(reader),
    repeatsAt: (positions) => repeatsAt(models.usage.reader, positions),
  };
}

/** How far the first contracts tell what is due, in the order that it is due in. */
type Through = { readonly dueAt: Instant; readonly position: number };

async function duePeriods(
  models: ReadModels,
  graceHours: number,
  now: Instant,
  contractsMax: number,
): Promise<{ readonly periods: readonly DuePeriod[]; readonly isAll: boolean }> {
  const { reader } = models.main;
  const [positions, through] = await dueContracts(models, graceHours, now, contractsMax);
  const contracts = await contractsByIds(reader, [...positions.keys()]);
  const due: (DuePeriod & { readonly createdAt: Instant })[] = [];
  for (const [contractId, position] of positions) {
    const contract = present(contracts.get(contractId), 'a contract that is due exists');
    for (const period of openPeriods(contract, now)) {
      if (!isDue(period, graceHours, now)) continue;
      const one = asDue(contract, period, graceHours, null);
      if (isWithin({ dueAt: one.dueAt, position }, through)) due.push(one);
    }
  }
  const waiting = (await waitingPeriods(models, graceHours, null)).filter(
    ({ period }) =>
      isDue(period, graceHours, now) &&
      (through === null || dueAt(period, graceHours) < through.dueAt),
  );
  const late = await withLines(models, graceHours, waiting, 'skip');
  for (const { contract, period, lateSince } of late) {
    due.push(asDue(contract, period, graceHours, lateSince));
  }
  due.sort((a, b) => compare(a.dueAt, b.dueAt) || compare(a.createdAt, b.createdAt));
  return { periods: due, isAll: through === null };
}

/**
 * The positions of the contracts that something is due of, by id, and how far they tell; null: all
 * the way.
 */
async function dueContracts(
  { main: { reader } }: ReadModels,
  graceHours: number,
  now: Instant,
  limit: number,
): Promise<readonly [ReadonlyMap<string, number>, Through | null]> {
  const positions = new Map<string, number>();
  let through: Through | null = null;
  for (const [kind, hours] of [
    ['graced_due', graceHours],
    ['immediate_due', 0],
  ] as const) {
    const some = await nextDueContracts(reader, kind, addHours(now, -hours), limit);
    for (const { contractId, position } of some) positions.set(contractId, position);
    const last = some.length === limit ? some.at(-1) : undefined;
    if (last === undefined) continue;
    const end: Through = { dueAt: addHours(last.dueFrom, hours), position: last.position };
    if (through === null || isBefore(end, through)) through = end;
  }
  return [positions, through];
}

const isWithin = (due: Through, through: Through | null): boolean =>
  through === null || !isBefore(through, due);

const isBefore = (a: Through, b: Through): boolean =>
  a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.position < b.position);

const isDue = (period: BillingPeriod, graceHours: number, now: Instant): boolean =>
  period.periodEnd <= now && dueAt(period, graceHours) <= now;

async function nextDueAt(
  models: ReadModels,
  graceHours: number,
  now: Instant,
): Promise<Instant | null> {
  const after = { gracedAfter: addHours(now, -graceHours), immediateAfter: now };
  const { graced, immediate } = await earliestDue(models.main.reader, after);
  let next = immediate;
  if (graced !== null) next = earliest(addHours(graced, graceHours), next);
  for (const { period } of await waitingPeriods(models, graceHours, null)) {
    const due = dueAt(period, graceHours);
    if (due > now) next = earliest(due, next);
  }
  return next;
}

async function frozenInvoice(
  models: ReadModels,
  { event, position }: Recorded<PeriodClosed>,
): Promise<InvoiceContent | null> {
  const { customerId, contractId, invoiceId } = event;
  await models.waitForMain(position, answerWithinMs);
  await models.waitForUsage(position, answerWithinMs);
  return models.usage.snapshot((usage) =>
    models.main.snapshot(async (main) => {
      if ((await publishedIds(main, [invoiceId])).size > 0) return null;
      const contract = (await contractsByIds(main, [contractId])).get(contractId);
      const closing = contract?.closings.find((one) => one.invoiceId === invoiceId);
      const { contractsBefore } = models;
      return frozenContent(
        { main, usage, position, contractsBefore },
        customerId,
        present(closing, 'the main store has folded the closed period'),
      );
    }),
  );
}

/** Only while the late usage comes to a line. */
async function lateSinceOf(
  models: ReadModels,
  graceHours: number,
  { contractId, customerId }: Contract,
): Promise<Instant | null> {
  const waiting = (await waitingPeriods(models, graceHours, [customerId])).filter(
    ({ contract }) => contract.contractId === contractId,
  );
  return (await withLines(models, graceHours, waiting)).at(0)?.lateSince ?? null;
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
