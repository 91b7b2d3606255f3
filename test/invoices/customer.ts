import { type ContractCommand } from '../../src/contracts/commands.ts';
import { type Contract, type CustomerContracts } from '../../src/contracts/contract.ts';
import { contracts as decider } from '../../src/contracts/decider.ts';
import { type ContractEvent } from '../../src/contracts/events.ts';
import { latePeriod, openPeriods, type BillingPeriod } from '../../src/contracts/periods.ts';
import { usageInvoice } from '../../src/invoices/draft.ts';
import {
  type InvoiceContent,
  type InvoiceLine,
  type ProductTerms,
} from '../../src/invoices/events.ts';
import { cellsOf } from '../../src/invoices/groups.ts';
import { unsettledBy } from '../../src/invoices/late-spans.ts';
import { rate } from '../../src/invoices/rating.ts';
import {
  chargingBefore,
  pendingLateSince,
  periodsToSettle,
  type LateMark,
} from '../../src/invoices/settling.ts';
import { addHours, covers, latest, monthOf, type Instant } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { lateLinesOf, unsettledBefore } from '../support/settled-before.ts';
import { contractCreated, customerId, day, january, month, reading, segment } from './given.ts';
import { terms, total } from './given.ts';

type Use = { readonly at: Instant; readonly n: string; readonly afterCut: number };

/** How it is told which closed periods an invoice looks at. */
export type Rule = 'now' | 'before' | 'all';

const graceHours = 24;
const terminal = { cards: {} };

/** A customer's contracts with their usage and invoices, in memory, by the pure functions alone. */
export function createCustomer() {
  let state: CustomerContracts = decider.initial;
  let now = month(3);
  const usage: Use[] = [];
  const marks: LateMark[] = [];
  const contents = new Map<string, InvoiceContent>();
  const seen = { settled: 0, settledBefore: 0, drafts: 0, late: 0, voids: 0 };

  const evolve = (event: ContractEvent): void => {
    state = decider.evolve(state, event);
  };
  const frequencies = ['MONTHLY', 'QUARTERLY'] as const;
  for (const [index, frequency] of frequencies.entries()) {
    const contractId = `con_${'ab'.charAt(index).repeat(32)}`;
    const statementSchedule = { frequency, day: 'CONTRACT_START' } as const;
    const startingAt = index === 0 ? january : day(11);
    evolve(contractCreated({ contractId, statementSchedule, startingAt }));
  }

  /** Whatever is closed by now has its price, and what is closed later another. */
  function termsOf({ periodStart, periodEnd }: BillingPeriod): ProductTerms[] {
    const middle = latest(periodStart, addHours(periodEnd, -10 * 24));
    const segments = [
      ...(middle > periodStart ? [segment(periodStart, middle, '0.15')] : []),
      segment(middle, periodEnd, `0.${String(state.cuts + 1)}`),
    ];
    return [terms('SUM', segments)];
  }

  const rated = (some: readonly ProductTerms[]) => {
    const readings = some.map((one) =>
      reading(
        ...cellsOf(one).map((cell) => {
          const inside = usage.filter(({ at }) => covers(cell, at)).map(({ n }) => Number(n));
          return total(String(inside.reduce((sum, n) => sum + n * 10, 0) / 10));
        }),
      ),
    );
    return { readings, lines: rate(some, readings, 'USD') };
  };

  const linesOf = (id: string): readonly InvoiceLine[] =>
    present(contents.get(id), 'a closed period has an invoice').lines;

  function contentBy(rule: Rule, contract: Contract, period: BillingPeriod): InvoiceContent {
    const own = period.lateOnly ? [] : termsOf(period);
    const all = lateLinesOf(contract, linesOf);
    const isUnsettled = {
      now: unsettledBy(contract, marks),
      before: unsettledBefore(marks, all),
      all: () => true,
    }[rule];
    const charging = chargingBefore(contract, period, isUnsettled).map((one) => one.invoiceId);
    const known = rule === 'now' ? new Set(charging) : null;
    const lateLines = lateLinesOf(contract, (id) => (known?.has(id) === false ? [] : linesOf(id)));
    const settlements = periodsToSettle(contract, period, isUnsettled, lateLines).map((one) => {
      const late = lateLines.filter((line) => line.period.startingAt === one.period.startingAt);
      if (one.closing === null) return { period: one.period, rated: [], charged: late };
      if (rule === 'now') seen.settled += 1;
      if (rule === 'before') seen.settledBefore += 1;
      const closed = present(contents.get(one.closing.invoiceId), 'it is closed');
      const usageLines = closed.lines.filter(({ type }) => type === 'USAGE');
      const { lines } = rated(closed.terms);
      return { period: one.period, rated: lines, charged: [...usageLines, ...late] };
    });
    const { readings } = rated(own);
    return usageInvoice(contract, period, { terms: own, readings, settlements });
  }

  const lateSinceOf = (contract: Contract) => pendingLateSince(contract, marks);

  function periodsOf(contract: Contract): BillingPeriod[] {
    const since = lateSinceOf(contract);
    const late = since === null ? undefined : latePeriod(contract, since, graceHours);
    return [...openPeriods(contract, now), ...(late === undefined ? [] : [late])];
  }

  const drafts = () =>
    state.contracts.flatMap((contract) =>
      periodsOf(contract).map((period) => ({ contract, period })),
    );

  function command(asked: ContractCommand): boolean {
    const decided = decider.decide(asked, state);
    if (!('events' in decided)) return false;
    decided.events.forEach(evolve);
    return decided.events.length > 0;
  }

  function closed({ contract, period }: ReturnType<typeof drafts>[number]): boolean {
    const lateSince = lateSinceOf(contract);
    const content = contentBy('now', contract, period);
    const { lines } = content;
    if (period.lateOnly && lines.length === 0) return false;
    const { invoiceId } = period;
    const asked = { type: 'ClosePeriod', invoiceId, early: true, graceHours, lateSince } as const;
    if (!command({ ...asked, now })) return false;
    contents.set(invoiceId, { ...content, lines });
    seen.late += lines.some(({ type }) => type === 'LATE_USAGE') ? 1 : 0;
    return true;
  }

  return {
    seen,
    use(at: Instant, n: string): void {
      const through = state.contracts
        .flatMap(({ closings }) => closings.filter(({ lateOnly }) => !lateOnly))
        .reduce<Instant>((last, { periodEnd }) => latest(last, periodEnd), month(-9));
      usage.push({ at, n, afterCut: state.cuts });
      if (at >= through) return;
      marks.push({ month: monthOf(at), afterCut: state.cuts, recordedAt: now });
    },
    pass(days: number): void {
      now = addHours(now, days * 24);
    },
    /** One of those that may be closed. */
    close(pick: number): void {
      const all = drafts();
      const from = pick % Math.max(all.length, 1);
      [...all.slice(from), ...all.slice(0, from)].some(closed);
    },
    void(pick: number): void {
      const closed = state.contracts.flatMap(({ closings }) => closings);
      const one = closed[pick % Math.max(closed.length, 1)];
      if (one === undefined) return;
      const { invoiceId } = one;
      if (command({ type: 'ReopenPeriod', invoiceId, now })) seen.voids += 1;
    },
    end(pick: number, endingBefore: Instant | null): void {
      const one = present(state.contracts[pick % 2], 'there are two');
      const { contractId } = one;
      command({ type: 'UpdateEndDate', contractId, endingBefore, facts: terminal, now });
    },
    /** The lines of every draft. */
    lines(rule: Rule) {
      if (rule === 'now') seen.drafts += drafts().length;
      return drafts().map(({ contract, period }) => contentBy(rule, contract, period).lines);
    },
    customerId,
  };
}
