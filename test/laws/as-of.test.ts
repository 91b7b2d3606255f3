import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type Engine } from '../../src/application/engine.ts';
import { type Instant } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { answered } from './asking.ts';
import { histories, live, type GeneratedHistory } from './histories.ts';
import { openWorld, type World } from './world.ts';

const price = 'pricing { model unitPrice } entitled source product { id name }';
const line = `id type product { id } name startingAt endingBefore quantity unitPrice
  amount { amount } tier groupValues`;
const invoice = `id type status periodStart periodEnd currency issuedAt position number voidReason
  daysUntilDue total { amount formatted } customer { id } contract { id endingBefore }
  external { status } lineItems(includeZero: true) { ${line} }`;
const contract = `id name startingAt endingBefore createdAt rateSchedule { ${price} }
  rateCard { id rates(first: 500) { totalCount nodes { startingAt product { id } } } }
  scheduledCharges { id occurrences { timestamp amount { amount } } }
  unratedUsage { quantity startingAt } invoices(first: 3) { totalCount nodes { id status } }`;
const customer = `id name ingestAliases archivedAt createdAt contracts { ${contract} }
  entitlements { ${price} contract { id } }
  invoices(first: 200) { totalCount edges { cursor node { ${invoice} } } }`;
const range = 'startingAt: "2024-09-01T00:00:00Z", endingBefore: "2025-06-01T00:00:00Z"';

const windows = ['DAY', 'MONTH', 'NONE'];

/** All that may be asked as of an earlier moment, of both customers. */
const everything = (metricIds: readonly string[]) => `query ($a: ID!, $b: ID!, $asOf: AsOfInput) {
  ${['a', 'b']
    .flatMap((name) => [
      `${name}: customer(id: $${name}, asOf: $asOf) { ${customer} }`,
      ...metricIds.map(
        (id, index) => `${name}${String(index)}: usage(customerId: $${name}, asOf: $asOf,
          billableMetricId: "${id}", ${range}, window: ${windows[index % 3] ?? 'NONE'}) {
          edges { cursor node { startingAt endingBefore value groupValues } } }`,
      ),
    ])
    .join('\n')} }`;

/** An answer, and where the log and the clock stood when it was given. */
type Kept = {
  readonly position: bigint;
  readonly now: Instant;
  readonly text: string;
};

type Lived = { readonly world: World; readonly question: string; readonly variables: object };

const ask = ({ world, question, variables }: Lived, asOf: object | null) =>
  answered(world, question, { ...variables, asOf });

/** The ids that name the moment, with those of today. */
const withoutSuffix = ({ position }: Kept, text: string): string => {
  const suffix = `@${String(position)}"`;
  expect(text).toContain(suffix);
  return text.replaceAll(suffix, '"');
};

/** Lives through the history, and keeps what was answered between its commands. */
async function keepAnswers(world: World, history: GeneratedHistory) {
  const kept: Kept[] = [];
  let lived: Lived | null = null;
  const look = async (): Promise<void> => {
    await world.settle();
    const { reader } = world.models.main;
    const metrics = await reader.selectFrom('metric').select('metric_id').execute();
    const customers = await reader.selectFrom('customer').select('customer_id').execute();
    const [a, b] = customers.map((row) => row.customer_id);
    const position = await world.log.head();
    if (b === undefined || kept.at(-1)?.position === position) return;
    lived = {
      world,
      question: everything(metrics.map((row) => row.metric_id)),
      variables: { a, b },
    };
    kept.push({ position, now: world.clock.now(), text: await ask(lived, null) });
  };
  const engine = new Proxy(world.engine, {
    get:
      (target, name: keyof Engine) =>
      async (...args: never[]) => {
        await look();
        return (target[name] as (...args: never[]) => Promise<unknown>)(...args);
      },
  });
  await live({ ...world, engine }, history);
  await world.settle();
  return { kept, lived: present<Lived>(lived, 'something was answered') };
}

/** Finalized ones and drafts. */
async function replayAll(lived: Lived): Promise<void> {
  const ids = new Set((await ask(lived, null)).match(/inv_\w+/g));
  const query = 'query ($id: ID!) { replayInvoice(id: $id) { differences } }';
  for (const id of ids) {
    const text = await answered(lived.world, query, { id });
    expect(text).toBe('{"replayInvoice":{"differences":[]}}');
  }
}

describe('what was answered at any moment of any history', () => {
  it(
    'is answered as of that position, and as of that instant',
    { timeout: times(60_000, 1_800_000) },
    async () => {
      const seen = { late: 0, voided: 0, answers: 0, instants: 0 };
      const seed = randomInt(2 ** 31);
      console.log(`histories that are asked about as of earlier moments: seed ${String(seed)}`);
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
          const folder = await temporaryFolder();
          const world = await openWorld(memoryLog(), folder.path);
          try {
            const { kept, lived } = await keepAnswers(world, history);
            await replayAll(lived);
            for (const one of kept) {
              seen.late += one.text.includes('LATE_USAGE') ? 1 : 0;
              seen.voided += one.text.includes('VOID') ? 1 : 0;
              seen.answers += 1;
              const at = await ask(lived, { position: String(one.position) });
              expect(withoutSuffix(one, at)).toBe(one.text);
              const by = await ask(lived, { recordedAt: one.now });
              // More may have been recorded at that instant.
              if (!by.includes(`@${String(one.position)}"`)) continue;
              seen.instants += 1;
              expect(withoutSuffix(one, by)).toBe(one.text);
            }
          } finally {
            await world.close();
            await folder.remove();
          }
        }),
        { numRuns: times(4, 200), seed, endOnFailure: true },
      );
      // Of a few histories, none may have late usage or a void.
      expect(seen.answers).toBeGreaterThanOrEqual(times(4, 1000));
      expect(seen.late).toBeGreaterThanOrEqual(times(0, 10));
      expect(seen.voided).toBeGreaterThanOrEqual(times(0, 10));
    },
  );
});
