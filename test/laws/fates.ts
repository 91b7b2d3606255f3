import fc from 'fast-check';
import { type UsageFate } from '../../projections/usage-trace.ts';
import { addHours, type Instant } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type UsageLine, type UsageRecorded } from '../../src/usage/events.ts';
import { caller, contractAsked } from '../application/engine.ts';
import { month, used } from './shop.ts';
import { allInvoices, start, type World } from './world.ts';

const aliases = ['a', 'b'] as const;

const pick = fc.nat({ max: 5 });
const customer = fc.nat({ max: 1 });

/** Few ids, keys, hours and numbers, so that they meet. */
const use = fc.record({
  do: fc.constant('use' as const),
  key: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
  id: fc.nat({ max: 14 }),
  hour: fc.constantFrom(-1, 0, 1, 31 * 24 - 1, 31 * 24, 45 * 24, 62 * 24),
  n: fc.integer({ min: 1, max: 2 }),
  isSeen: fc.constantFrom(true, true, true, false),
});
const others = [
  fc.record({ do: fc.constant('claim' as const), customer, aliases: fc.subarray([...aliases]) }),
  fc.record({ do: fc.constant('contract' as const), customer, from: fc.nat({ max: 2 }) }),
  fc.record({ do: fc.constant('end' as const), customer, at: fc.constantFrom(20, 31, 50, null) }),
  fc.record({ do: fc.constant('void' as const), pick }),
  fc.record({ do: fc.constant('finalize' as const), pick }),
  fc.record({ do: fc.constant('advance' as const), days: fc.integer({ min: 5, max: 30 }) }),
] as const;

/** What people and senders do, in some order. */
export const stories = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: use },
    ...others.map((arbitrary, nth) => ({ weight: nth < 3 ? 1 : 2, arbitrary })),
  ),
  { minLength: 15, maxLength: 50, size: 'max' },
);

type Step = typeof stories extends fc.Arbitrary<(infer T)[]> ? T : never;

type Invoice = { readonly content: { readonly invoiceId: string }; readonly status: string };

const invoicesOf = async (world: World): Promise<readonly Invoice[]> =>
  (await allInvoices(world)).map((text) => JSON.parse(text) as Invoice);

/** Does what it may do: what is refused changes nothing. */
export async function play(
  world: World,
  rateCardId: string,
  customers: readonly string[],
  step: Step,
): Promise<void> {
  const { engine, clock } = world;
  const nth = (status: string, place: number, of: readonly Invoice[]) => {
    const some = of.filter((one) => one.status === status);
    return some[place % Math.max(some.length, 1)]?.content.invoiceId;
  };
  const customerId = 'customer' in step ? (customers[step.customer] ?? '') : '';
  switch (step.do) {
    case 'use': {
      const key = [...customers, ...aliases, 'nobody'][step.key] ?? '';
      const line = used(key, `t${String(step.id)}`, addHours(start, step.hour), step.n);
      await engine.recordUsage([step.isSeen ? line : { ...line, eventType: 'else' }], caller);
      return;
    }
    case 'claim':
      await engine.setIngestAliases({ customerId, ingestAliases: step.aliases }, caller);
      return;
    case 'contract': {
      const input = contractAsked(customerId, rateCardId, { startingAt: month(step.from) });
      await engine.createContract({ input, idempotencyKey: null }, caller);
      return;
    }
    case 'end': {
      await world.settle();
      const contractId = (await contractsOf(world, customerId)).at(0)?.contractId ?? 'none';
      const endingBefore = step.at === null ? null : addHours(start, step.at * 24);
      await engine.updateContractEndDate({ customerId, contractId, endingBefore }, caller);
      return;
    }
    case 'void': {
      const invoiceId = nth('FINALIZED', step.pick, await invoicesOf(world));
      if (invoiceId !== undefined) await engine.voidInvoice({ invoiceId, reason: null }, caller);
      return;
    }
    case 'finalize': {
      const invoiceId = nth('DRAFT', step.pick, await invoicesOf(world));
      if (invoiceId !== undefined) await engine.finalizeInvoice({ invoiceId }, caller);
      return;
    }
    case 'advance':
      await engine.advanceTestClock({ to: addHours(clock.now(), step.days * 24) }, caller);
  }
}

export const contractsOf = async ({ models, log }: World, customerId: string) => {
  const stream = `contracts-${customerId}`;
  const revision = (await log.readStream(stream)).length;
  return (await models.contractsBefore({ stream, revision })).contracts;
};

type Line = { readonly key: string; readonly usage: UsageLine };
type Held = { readonly line: Line; owner: string | null };

/** The fate of every recording, by its id, told line by line from the rules. */
export async function expectedFates(
  world: World,
  customers: readonly string[],
): Promise<ReadonlyMap<string, readonly UsageFate[]>> {
  const fates = new Map<string, { readonly first: Held; readonly repeats: UsageFate[] }>();
  const holders = new Map<string, string>();
  for (const { event } of (await world.log.readAll()).events) {
    if (event.type === 'CustomerCreated' || event.type === 'IngestAliasesSet') {
      const { customerId, ingestAliases } = event as {
        customerId: string;
        ingestAliases: string[];
      } & typeof event;
      for (const [key, owner] of holders) if (owner === customerId) holders.delete(key);
      for (const key of [customerId, ...ingestAliases]) {
        holders.set(key, customerId);
        for (const { first } of fates.values()) {
          if (first.owner === null && first.line.key === key) first.owner = customerId;
        }
      }
    }
    if (event.type !== 'UsageRecorded') continue;
    const { key, lines } = event as UsageRecorded;
    for (const usage of lines) {
      const owner = holders.get(key) ?? null;
      const known = fates.get(usage.transactionId);
      if (known === undefined) {
        const first = { line: { key, usage }, owner };
        fates.set(usage.transactionId, { first, repeats: [] });
        continue;
      }
      const isSame =
        JSON.stringify(known.first.line.usage) === JSON.stringify(usage) &&
        (known.first.owner ?? known.first.line.key) === (owner ?? key);
      known.repeats.push(isSame ? 'DUPLICATE' : 'CONFLICT');
    }
  }
  const running = new Map(
    await Promise.all(customers.map(async (id) => [id, await contractsOf(world, id)] as const)),
  );
  const fateOf = ({ owner, line: { usage } }: Held): UsageFate => {
    if (owner === null) return 'UNCLAIMED';
    const isIn = (running.get(owner) ?? []).some(
      ({ startingAt, endingBefore }) =>
        startingAt <= usage.timestamp && (endingBefore === null || usage.timestamp < endingBefore),
    );
    return isIn && usage.eventType === 'used' ? 'COUNTED' : 'UNRATED';
  };
  return new Map([...fates].map(([id, { first, repeats }]) => [id, [fateOf(first), ...repeats]]));
}

/** The log as if nobody had sent those ids, and no invoice were published yet. */
export async function copyWithout(from: World, into: World['log'], id: string): Promise<void> {
  for (const recorded of (await from.log.readAll()).events) {
    if (recorded.stream.startsWith('invoice-')) continue;
    const { stream, metadata } = recorded;
    const event = isUsage(recorded) ? without(recorded.event, id) : recorded.event;
    await into.append(stream, 'any', [{ id: recorded.id, event, metadata }]);
  }
}

const isUsage = (recorded: Recorded): recorded is Recorded<UsageRecorded> =>
  recorded.event.type === 'UsageRecorded';

const without = (event: UsageRecorded, id: string): UsageRecorded => ({
  ...event,
  lines: event.lines.filter(({ transactionId }) => transactionId !== id),
});

/** What each of the invoices says, void ones and those that are not published too. */
export async function linesOf(
  world: World,
  invoiceIds: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, string>> {
  await world.settle();
  const views = await world.drafts.invoices(invoiceIds, now);
  return new Map([...views].map(([id, { content }]) => [id, JSON.stringify(content.lines)]));
}
