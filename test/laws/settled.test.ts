import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourcesOf } from '../../projections/past.ts';
import { lateMarks } from '../../projections/usage.ts';
import { readFacts, type Facts } from '../../src/audit/facts.ts';
import { ownedBefore } from '../../src/audit/keys-read.ts';
import { latePeriods } from '../../src/audit/months.ts';
import { readAccount } from '../../src/audit/past-account.ts';
import { readPastInvoice } from '../../src/audit/past-invoice.ts';
import { pastLateSince } from '../../src/audit/past-late.ts';
import { readPastMeters } from '../../src/audit/past-usage.ts';
import { planPeriod } from '../../src/audit/plan.ts';
import { replayInvoice } from '../../src/audit/replay.ts';
import { type Engine } from '../../src/application/engine.ts';
import { openPeriod } from '../../src/contracts/closing.ts';
import { contractById, type Contract } from '../../src/contracts/contract.ts';
import { type BillingPeriod } from '../../src/contracts/periods.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import {
  invoiceStream,
  type InvoiceContent,
  type InvoiceFinalized,
} from '../../src/invoices/events.ts';
import { closedPeriods, isCarrier } from '../../src/invoices/settling.ts';
import { present } from '../../src/kernel/invariant.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { lateLinesOf, unsettledBefore } from '../support/settled-before.ts';
import { times } from '../support/stress.ts';
import { live } from './histories.ts';
import { lateHistories, type GeneratedHistory } from './steps.ts';
import { allInvoices, graceHours, openWorld, type World } from './world.ts';

type Shown = { readonly status: string; readonly content: InvoiceContent };

const seen = { drafts: 0, finals: 0, late: 0, voided: 0, settled: 0, settledBefore: 0 };

type Asked = {
  readonly facts: Facts;
  readonly contract: Contract;
  readonly period: BillingPeriod;
  /** The last position that counts. */
  readonly through: bigint;
  /** Of the cut; null: it is a draft. */
  readonly cut: number | null;
};

/** The invoice by the rule before: all is settled that usage ever came late for. */
async function contentBefore(world: World, asked: Asked): Promise<InvoiceContent> {
  const { facts, contract, period, through, cut } = asked;
  const { customerId } = contract;
  const marks = (await lateMarks(world.models.usage.reader, [customerId])).get(customerId) ?? [];
  const known = marks.filter(({ afterCut }) => cut === null || afterCut < cut);
  const linesOf = (id: string) => present(facts.contents.get(id), 'an invoice').lines;
  const isLate = unsettledBefore(known, lateLinesOf(contract, linesOf));
  const late = closedPeriods(contract).filter(isLate);
  const { log } = world;
  const owned = await ownedBefore(log, customerId, through + 1n);
  if (isCarrier(contract, period)) {
    seen.settledBefore += late.length;
    seen.settled += (await latePeriods(log, facts, contract, owned)).length;
  }
  const plan = planPeriod(facts, contract, period, late);
  const { repeatsAt } = sourcesOf(world.models, log, graceHours);
  const usage = { log, repeatsAt, owned, through };
  return plan.finish(await readPastMeters(usage, facts.catalog.metrics, plan.meters));
}

async function expectDraft(world: World, { content }: Shown): Promise<void> {
  const { models, log, clock } = world;
  const sources = sourcesOf(models, log, graceHours);
  const [through, now] = [await log.head(), clock.now()];
  const account = await readAccount(sources, { through, now }, content.customerId);
  const contract = present(contractById(account.contracts, content.contractId), 'a contract');
  const lateSince = await pastLateSince(sources, account, contract);
  const period = openPeriod(contract, content.invoiceId, { now, lateSince, graceHours });
  if (period === undefined) throw new Error(`no open period has ${content.invoiceId}`);
  const facts = await account.facts();
  const before = await contentBefore(world, { facts, contract, period, through, cut: null });
  expect(content.lines).toEqual(before.lines);
  const past = await readPastInvoice(sources, account, content.invoiceId);
  expect(past?.content.lines).toEqual(before.lines);
  seen.drafts += 1;
}

async function expectFinal(world: World, { content, status }: Shown): Promise<void> {
  const [stored] = await world.log.readStream(invoiceStream(content.invoiceId));
  const { closedBy, lines } = present(stored, 'it was published').event as InvoiceFinalized;
  const facts = await readFacts(world.log, closedBy, () => {
    throw new Error('those before are published');
  });
  const { event, position } = facts.closed;
  const contract = present(contractById(facts.contracts, event.contractId), 'a contract');
  const period = { ...event, dueFrom: event.closedAt, graced: false, reopened: false };
  const asked = { facts, contract, period, through: position - 1n, cut: event.cut };
  expect(lines).toEqual((await contentBefore(world, asked)).lines);
  expect((await replayInvoice(world.log, content.invoiceId))?.differences).toEqual([]);
  seen.finals += 1;
  seen.late += lines.some(({ type }) => type === 'LATE_USAGE') ? 1 : 0;
  seen.voided += status === 'VOID' ? 1 : 0;
}

/** Lives through the history, and looks at every draft between its commands. */
async function check(world: World, history: GeneratedHistory): Promise<void> {
  const usageInvoices = async (): Promise<readonly Shown[]> =>
    (await allInvoices(world))
      .map((text) => JSON.parse(text) as Shown)
      .filter(({ content }) => content.invoiceType === 'USAGE');
  let commands = 0;
  const engine = new Proxy(world.engine, {
    get:
      (target, name: keyof Engine) =>
      async (...args: never[]) => {
        const answer = await (target[name] as (...args: never[]) => Promise<unknown>)(...args);
        commands += 1;
        if (commands % 5 !== 0) return answer;
        for (const one of await usageInvoices()) {
          if (one.status === 'DRAFT') await expectDraft(world, one);
        }
        return answer;
      },
  });
  await live({ ...world, engine }, history);
  for (const one of await usageInvoices()) {
    await (one.status === 'DRAFT' ? expectDraft(world, one) : expectFinal(world, one));
  }
}

describe('every draft and final invoice of any history', () => {
  it(
    'has the lines that it would have if all that usage ever came late for were settled each time',
    async () => {
      const seed = randomInt(2 ** 31);
      console.log(`histories whose closed periods are settled: seed ${String(seed)}`);
      await fc.assert(
        fc.asyncProperty(lateHistories, async (history) => {
          const folder = await temporaryFolder();
          const world = await openWorld(memoryLog(), folder.path);
          try {
            await check(world, history);
          } finally {
            await world.close();
            await folder.remove();
          }
        }),
        { numRuns: times(4, 500), seed, endOnFailure: true },
      );
      console.log(`settled: ${JSON.stringify(seen)}`);
      expect(seen.drafts).toBeGreaterThan(10);
      expect(seen.late).toBeGreaterThanOrEqual(times(0, 100));
      expect(seen.voided).toBeGreaterThanOrEqual(times(0, 100));
      expect(seen.settled).toBeLessThan(seen.settledBefore + times(1000, 0));
    },
    times(120_000, 3_000_000),
  );
});
