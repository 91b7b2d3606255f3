import fc from 'fast-check';
import { type EventLog } from '../../src/application/ports.ts';
import { type TestClockAdvanced } from '../../src/application/clock.ts';
import { type Instant } from '../../src/kernel/calendar.ts';
import { type DomainEvent } from '../../src/kernel/recorded.ts';
import { answered } from './asking.ts';
import { live } from './histories.ts';
import { byTheirIds, ofCustomers, type Question } from './past-questions.ts';
import { type GeneratedHistory } from './steps.ts';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** Writes to the log from one look to the next. */
export const gaps = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 });

/** What was answered at a moment, and where the log and the clock stood then. */
export type Kept = {
  readonly position: bigint;
  readonly now: Instant;
  /** Whether the clock had gone on since the last event, so that only the instant tells of it. */
  readonly ahead: boolean;
  readonly answers: readonly { readonly question: Question; readonly text: string }[];
};

export const ask = (world: World, { text, variables }: Question, asOf: object | null) =>
  answered(world, text, { ...variables, asOf });

export const idsIn = (text: string, kinds: string): readonly string[] => {
  const found = text.matchAll(new RegExp(`"id":"((?:${kinds})_\\w+)"`, 'g'));
  return [...new Set(Array.from(found, ([, id = '']) => id))];
};

/**
 * What the API answers now, or where the clock goes on to; null: there is nobody to ask about, or
 * more was recorded meanwhile.
 */
async function look(lived: World, turn: number, to: Instant | null = null): Promise<Kept | null> {
  const now = to ?? lived.clock.now();
  const world: World = { ...lived, clock: { ...lived.clock, now: () => now } };
  await world.settle();
  const position = await world.log.head();
  const { reader } = world.models.main;
  const metrics = await reader.selectFrom('metric').select('metric_id').execute();
  const customers = await reader.selectFrom('customer').select('customer_id').execute();
  if (customers.length === 0) return null;
  const metricIds = metrics.map((row) => row.metric_id);
  const customerIds = customers.map((row) => row.customer_id);
  const first = ofCustomers(customerIds, metricIds, turn);
  const answers = [{ question: first, text: await ask(world, first, null) }];
  const text = answers.map((one) => one.text).join('');
  const pick = <T>(list: readonly T[], times = 1): T | undefined =>
    list[(turn * times) % list.length];
  const contractId = pick(idsIn(text, 'con'));
  if (contractId !== undefined) {
    const invoices = idsIn(text, 'inv');
    const invoiceIds = [pick(invoices), pick(invoices, 3)].filter((id) => id !== undefined);
    const second = byTheirIds(pick(customerIds) ?? '', contractId, invoiceIds);
    answers.push({ question: second, text: await ask(world, second, null) });
  }
  const ahead = to !== null;
  return position === (await world.log.head()) ? { position, now, ahead, answers } : null;
}

export type Lived = { readonly world: World; readonly kept: readonly Kept[] };

type Where = WorldOptions & { readonly log: EventLog; readonly folder: string };

/**
 * Lives through the history in a world of its own, and keeps what is answered on the way: after
 * every so many writes to the log, in the middle of commands, too.
 */
export async function afterLiving(
  history: GeneratedHistory,
  gaps: readonly number[],
  { log, folder, ...options }: Where,
  then: (lived: Lived) => Promise<void>,
): Promise<void> {
  const kept: Kept[] = [];
  let living: World | null = null;
  let left = gaps[0] ?? 1;
  let looking = false;
  const lookAround = async (to: Instant | null): Promise<void> => {
    if (left > 0 || looking || living === null) return;
    looking = true;
    const seen = await look(living, kept.length, to);
    looking = false;
    if (seen === null) return;
    kept.push(seen);
    left = gaps[kept.length % gaps.length] ?? 1;
  };
  const watched: EventLog = {
    ...log,
    async append(stream, expected, events) {
      left -= 1;
      const first: DomainEvent | TestClockAdvanced | undefined = events[0]?.event;
      const to = first !== undefined && isMove(first) ? justBefore(first.to) : null;
      if (to !== null) await lookAround(to);
      const appended = await log.append(stream, expected, events);
      // The clock has not moved yet when the log is told that it does.
      if (to === null) await lookAround(null);
      return appended;
    },
  };
  const world = await openWorld(watched, folder, options);
  living = world;
  try {
    await live(world, history);
    const last = kept.length === 0 ? await look(world, 0) : null;
    await then({ world, kept: last === null ? kept : [last] });
  } finally {
    await world.close();
  }
}

const isMove = (event: DomainEvent): event is TestClockAdvanced =>
  event.type === 'TestClockAdvanced';

const justBefore = (at: Instant): Instant => new Date(Date.parse(at) - 1).toISOString() as Instant;
