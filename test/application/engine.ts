import { createEngine } from '../../src/application/create-engine.ts';
import { openClock } from '../../src/application/clock.ts';
import { type Engine, type Outcome } from '../../src/application/engine.ts';
import { customerFact } from '../../src/application/facts.ts';
import { type Billing, type Caller, type EventLog } from '../../src/application/ports.ts';
import { type ContractInput } from '../../src/contracts/commands.ts';
import { holds } from '../../src/customers/decider.ts';
import { addMonths, instant, type Instant } from '../../src/kernel/calendar.ts';

export const october = instant('2024-10-01T00:00:00Z');
export const month = (index: number): Instant => addMonths(october, index);
export const caller: Caller = { actor: 'test', requestId: 'request-1' };

/** Read models that know of nothing due: for commands that do not ask them. */
export const idleBilling: Billing = {
  waitFor: () => Promise.resolve(),
  duePeriods: () => Promise.resolve({ periods: [], isAll: true }),
  nextDueAt: () => Promise.resolve(null),
  lateSince: () => Promise.resolve(null),
  customerOf: () => Promise.resolve(null),
  hasDraft: () => Promise.resolve(false),
  hasOpenDrafts: () => Promise.resolve(false),
  frozenInvoice: () => Promise.resolve(null),
  unpublishedClosings: () => Promise.resolve([]),
  unfinishedVoids: () => Promise.resolve([]),
  repeatsAt: () => Promise.resolve([]),
};

/** A process over the log, its clock at 1 October 2024 unless the log says otherwise. */
export async function processOn(log: EventLog, billing: Billing = idleBilling): Promise<Engine> {
  const clock = await openClock(log, october);
  return createEngine({ log, clock, billing, graceHours: 24 }).engine;
}

/** What the command came to; a refusal fails the test. */
export async function done<Result>(outcome: Promise<Outcome<Result>>): Promise<Result> {
  const settled = await outcome;
  if ('refused' in settled) throw new Error(JSON.stringify(settled.refused));
  return settled.result;
}

export async function reasonOf(outcome: Promise<Outcome<unknown>>): Promise<string | undefined> {
  const settled = await outcome;
  return 'refused' in settled ? settled.refused.reason : undefined;
}

/** The create of a customer with these aliases. */
export const customerAsked = (
  ingestAliases: readonly string[] = [],
  idempotencyKey: string | null = null,
  name = 'First Customer',
) => ({ input: { name, ingestAliases, billingConfig: null }, idempotencyKey });

export const contractAsked = (
  customerId: string,
  rateCardId: string,
  change: Partial<ContractInput> = {},
): ContractInput => ({
  customerId,
  rateCardId,
  rateCardAlias: null,
  name: null,
  startingAt: october,
  endingBefore: null,
  overrides: [],
  scheduledCharges: [],
  statementSchedule: null,
  netPaymentTermsDays: null,
  ...change,
});

/** A usage product at 0.10 on a card, and a customer. */
export async function shop(engine: Engine) {
  const { metricId } = await done(
    engine.createBillableMetric(
      {
        input: {
          name: 'Emails',
          aggregation: 'COUNT',
          aggregationKey: null,
          eventTypeFilter: { inValues: ['email'], notInValues: null },
          propertyFilters: [],
          groupKeys: null,
        },
        idempotencyKey: 'metric',
      },
      caller,
    ),
  );
  const { productId } = await done(
    engine.createProduct(
      {
        input: {
          name: 'Emails',
          type: 'USAGE',
          billableMetricId: metricId,
          tags: [],
          pricingGroupKey: null,
          presentationGroupKey: null,
        },
        idempotencyKey: 'product',
      },
      caller,
    ),
  );
  const rate = {
    productId,
    pricing: { model: 'FLAT' as const, unitPrice: '0.1' },
    entitled: true,
    startingAt: month(-9),
    endingBefore: null,
  };
  const { rateCardId } = await done(
    engine.createRateCard(
      {
        input: { name: 'Card', description: null, currency: 'USD', aliases: [], rates: [rate] },
        idempotencyKey: 'card',
      },
      caller,
    ),
  );
  const { customerId } = await done(engine.createCustomer(customerAsked(), caller));
  return { metricId, productId, rateCardId, customerId, rate };
}

/** How many of the customers hold the key, by what the log says. */
export async function holdersOf(
  log: EventLog,
  key: string,
  customerIds: readonly string[],
): Promise<string[]> {
  const deps = { log, clock: { now: () => october } };
  const found: string[] = [];
  for (const id of customerIds) if (holds(await customerFact(deps, id), key)) found.push(id);
  return found;
}

export const eventCount = async (log: EventLog): Promise<number> =>
  (await log.readAll()).events.length;
