import { contractsStream, type ContractEvent } from '../contracts/events.ts';
import { customerStream, type CustomerEvent } from '../customers/events.ts';
import { invoiceStream } from '../invoices/events.ts';
import { billable, type Instant } from '../kernel/calendar.ts';
import { type ClaimEvent } from '../kernel/claim.ts';
import { fingerprint } from '../kernel/ids.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { usageStream } from '../usage/events.ts';
import { type AuditLog } from './sound.ts';
import { keysEverHeld, stretchOf } from './keys.ts';
import { mergedUsage, type UsageStream } from './merged-usage.ts';
import { monthsOf } from './months.ts';
import { ownedBefore } from './keys-read.ts';

export type HistoryPart = {
  readonly customerId: string;
  /** Behind that position, and through this one. */
  readonly after: bigint;
  readonly through: bigint;
  /** Types of events; null: all. */
  readonly types: ReadonlySet<string> | null;
};

/**
 * What was recorded about a customer, its contracts, usage and invoices, in log order and read from
 * its streams alone; null: there is no such customer.
 */
export async function customerHistory(
  log: AuditLog,
  part: HistoryPart,
): Promise<AsyncGenerator<Recorded, void, undefined> | null> {
  const customer = await eventsOf<CustomerEvent>(log, customerStream(part.customerId));
  return customer.length === 0 ? null : told(log, part, customer);
}

async function* told(
  log: AuditLog,
  part: HistoryPart,
  customer: readonly Recorded<CustomerEvent>[],
): AsyncGenerator<Recorded, void, undefined> {
  const { after, through, types } = part;
  const isAsked = ({ position, event }: Recorded): boolean =>
    position > after && position <= through && (types?.has(event.type) ?? true);
  const others = (await othersOf(log, part.customerId, customer)).filter(isAsked);
  let next = 0;
  for await (const events of usageOf(log, part)) {
    for (const usage of events.filter(isAsked)) {
      for (let other = others[next]; other !== undefined; other = others[next]) {
        if (other.position > usage.position) break;
        yield other;
        next += 1;
      }
      yield usage;
    }
  }
  yield* others.slice(next);
}

/** All that is not usage, in log order: it is little. */
async function othersOf(
  log: AuditLog,
  customerId: string,
  customer: readonly Recorded<CustomerEvent>[],
): Promise<readonly Recorded[]> {
  const contracts = await eventsOf<ContractEvent>(log, contractsStream(customerId));
  const events: Recorded[] = [...customer, ...contracts];
  for (const key of keysEverHeld(customerId, customer)) {
    const claims = await eventsOf<ClaimEvent>(log, `ingestKey-${fingerprint(key)}`);
    events.push(...claims.filter(({ event }) => event.owner === customerId));
  }
  for (const { event } of contracts) {
    if (event.type === 'PeriodClosed') {
      events.push(...(await log.readStream(invoiceStream(event.invoiceId))));
    }
  }
  return events.sort((a, b) => (a.position < b.position ? -1 : 1));
}

const eventsOf = async <Event extends { readonly type: string }>(
  log: AuditLog,
  stream: string,
): Promise<readonly Recorded<Event>[]> =>
  (await log.readStream(stream)) as readonly Recorded<Event>[];

const readAtOnce = 100;

/** Its usage under every key that it has held, a page at a time. */
async function* usageOf(
  log: AuditLog,
  { customerId, after, through, types }: HistoryPart,
): AsyncGenerator<readonly Recorded[]> {
  if (types?.has('UsageRecorded') === false) return;
  const owned = await ownedBefore(log, customerId, through + 1n);
  const keyOf = new Map<string, string>();
  const streams: UsageStream[] = [];
  for (const key of owned.keys()) {
    for (const one of await streamsOf(log, key)) {
      keyOf.set(one.stream, key);
      streams.push(one);
    }
  }
  for await (const events of mergedUsage(log, streams, { after, through })) {
    yield events.filter(({ stream, position }) => {
      const stretches = owned.get(keyOf.get(stream) ?? '') ?? [];
      return stretchOf(stretches, position) !== undefined;
    });
  }
}

/** A key's streams of usage: a log has no list of them, but there are only so many months. */
async function streamsOf(log: AuditLog, key: string): Promise<readonly UsageStream[]> {
  const found: UsageStream[] = [];
  const months: Instant[] = monthsOf(billable);
  while (months.length > 0) {
    const asked = months.splice(0, readAtOnce).map(async (month) => {
      const stream = usageStream(key, month);
      const [first] = await log.readStream(stream, { maxCount: 1 });
      return first === undefined ? [] : [{ stream, from: 0, startsAt: first.position }];
    });
    found.push(...(await Promise.all(asked)).flat());
  }
  return found;
}
