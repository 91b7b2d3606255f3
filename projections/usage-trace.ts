import { type Kysely } from 'kysely';
import { TimedOut } from '../src/application/ports.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { wellFormed } from '../src/kernel/names.ts';
import { sees } from '../src/usage/filters.ts';
import { tallyOf } from '../src/usage/metering.ts';
import { lastAccountChange } from './accounts.ts';
import { atOnePosition, type ReadModels } from './read-models.ts';
import { lineAt, linesAt, type RecordedLine, type UsageArchive } from './recorded-lines.ts';
import { checkpoint } from './store.ts';
import { placesOf } from './usage-ids.ts';
import { type Place } from './usage-measured.ts';
import { metricsOf } from './usage-metrics.ts';
import { keyHistories, ownership, pastStandings } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';
import { billingOf, type Billed } from './usage-billed.ts';

export type UsageFate = 'COUNTED' | 'UNRATED' | 'UNCLAIMED' | 'DUPLICATE' | 'CONFLICT' | 'PENDING';

/** What became of one recording of a transactionId. */
export type UsageTrace = {
  readonly recorded: RecordedLine;
  readonly fate: UsageFate;
  /** Whose usage it is; null: nobody's yet, or not known yet. */
  readonly customerId: string | null;
  /** Those whose figures it is in, in the order in which they were closed, drafts last. */
  readonly invoiceIds: readonly string[];
  /** The metrics that count it. */
  readonly countedBy: readonly string[];
  /** The metrics that see it, but cannot use it. */
  readonly passedOverBy: readonly string[];
};

export type Tracing = {
  readonly models: ReadModels;
  readonly archive: UsageArchive;
  readonly graceHours: number;
  /** How long to wait for the read models, and then to look into the log itself. */
  readonly withinMs?: number;
};

const mostRecordings = 1000;

type Recording = Place & { readonly fate: 'FIRST' | 'DUPLICATE' | 'CONFLICT' };

/**
 * Every recording of the transactionId, first one first; of very many, the first thousand. What was
 * recorded before the question is in the answer: it waits until the read models have that, and when
 * they take too long looks for the rest in the log, or throws TimedOut.
 */
export async function usageTrace(
  tracing: Tracing,
  transactionId: string,
  now: Instant,
): Promise<readonly UsageTrace[]> {
  const { models, archive, withinMs = 10_000 } = tracing;
  const head = await archive.head();
  await folded(models, head, withinMs);
  const { through, recordings } = await models.usage.snapshot(async (usage) => {
    const position = await checkpoint(usage);
    return { through: position, recordings: await recordingsOf(transactionId, position, usage) };
  });
  const lines = await linesAt(archive, recordings);
  const [first, ...repeats] = recordings.map((one) => ({ ...one, recorded: lineAt(lines, one) }));
  const traces = first === undefined ? [] : [await traceFirst(tracing, first.recorded, now)];
  traces.push(...(await traceRepeats(models.usage.reader, repeats)));
  if (through >= head) return traces;
  const pending = await unfolded(archive, { transactionId, through, head, withinMs });
  return [
    ...traces,
    ...pending.map((recorded) => ({ ...unknown, recorded, fate: 'PENDING' as const })),
  ];
}

const unknown = { customerId: null, invoiceIds: [], countedBy: [], passedOverBy: [] };

/** Until both stores have it; not for ever. */
async function folded(models: ReadModels, head: bigint, withinMs: number): Promise<void> {
  try {
    await Promise.all([models.waitForMain(head, withinMs), models.waitForUsage(head, withinMs)]);
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error;
  }
}

async function recordingsOf(
  transactionId: string,
  through: bigint,
  usage: Kysely<UsageTables>,
): Promise<readonly Recording[]> {
  const first = (await placesOf([transactionId], usage)).get(0);
  // Projectors that share the work keep ids ahead of what is counted.
  if (first === undefined || BigInt(first.position) > through) return [];
  const repeats = await usage
    .selectFrom('usage_repeat')
    .select(['position', 'line', 'is_conflict'])
    .where('transaction_id', '=', transactionId)
    .orderBy('position')
    .orderBy('line')
    .limit(mostRecordings - 1)
    .execute();
  return [
    { position: first.position, line: first.line, fate: 'FIRST' },
    ...repeats.map(({ position, line, is_conflict }): Recording => ({
      position,
      line,
      fate: is_conflict === 1 ? 'CONFLICT' : 'DUPLICATE',
    })),
  ];
}

/** What counts is asked at one position, as an invoice's figures are. */
async function traceFirst(
  { models, graceHours }: Tracing,
  recorded: RecordedLine,
  now: Instant,
): Promise<UsageTrace> {
  for (;;) {
    const owner = (await ownerOf(models.usage.reader, recorded))?.owner ?? null;
    const trace = await atOnePosition(
      models,
      lastAccountChange(owner === null ? [] : [owner]),
      async (moment): Promise<UsageTrace | 'claimed'> => {
        const to = await ownerOf(moment.usage, recorded);
        if ((to?.owner ?? null) !== owner) return 'claimed';
        const seen = await metricsSeeing(moment.usage, recorded);
        const nobodys = { recorded, customerId: owner, invoiceIds: [], ...seen };
        if (to === undefined) return { ...nobodys, fate: 'UNCLAIMED' };
        const since = to.claim?.from ?? recorded.position;
        const { afterCut } = (await pastStandings(moment.usage, [to.owner]))(to.owner, since);
        const line = { usage: recorded.usage, afterCut, metricIds: new Set(seen.countedBy) };
        const billed: Billed = await billingOf(moment, to.owner, line, { graceHours, now });
        const { isBilled, invoiceIds } = billed;
        return { ...nobodys, fate: isBilled ? 'COUNTED' : 'UNRATED', invoiceIds };
      },
    );
    if (trace !== 'claimed') return trace;
  }
}

const ownerOf = async (db: Kysely<UsageTables>, { key, position }: RecordedLine) =>
  ownership((await keyHistories(db, [wellFormed(key)])).get(wellFormed(key)) ?? [], position);

async function metricsSeeing(db: Kysely<UsageTables>, { usage }: RecordedLine) {
  const countedBy: string[] = [];
  const passedOverBy: string[] = [];
  for (const metric of (await metricsOf(db)).filter((one) => sees(one, usage))) {
    const isPassedOver = tallyOf(metric, usage, '') === 'passed_over';
    (isPassedOver ? passedOverBy : countedBy).push(metric.metricId);
  }
  return { countedBy, passedOverBy };
}

/** A repeat is in no figures. */
async function traceRepeats(
  db: Kysely<UsageTables>,
  repeats: readonly (Recording & { readonly recorded: RecordedLine })[],
): Promise<UsageTrace[]> {
  const keys = new Set(repeats.map(({ recorded }) => wellFormed(recorded.key)));
  const histories = await keyHistories(db, keys);
  return repeats.map(({ recorded, fate }) => {
    const owned = ownership(histories.get(wellFormed(recorded.key)) ?? [], recorded.position);
    const customerId = owned?.owner ?? null;
    return { ...unknown, recorded, customerId, fate: fate === 'CONFLICT' ? fate : 'DUPLICATE' };
  });
}

/** Recordings that the log has and the read models do not have yet. */
async function unfolded(
  archive: UsageArchive,
  asked: {
    readonly transactionId: string;
    readonly through: bigint;
    readonly head: bigint;
    readonly withinMs: number;
  },
): Promise<readonly RecordedLine[]> {
  const until = performance.now() + asked.withinMs;
  const found: RecordedLine[] = [];
  for await (const events of archive.usageBetween(asked.through, asked.head)) {
    for (const { position, event, metadata } of events) {
      for (const [line, usage] of event.lines.entries()) {
        if (wellFormed(usage.transactionId) !== asked.transactionId) continue;
        const { recordedAt } = metadata;
        found.push({ position: Number(position), line, key: event.key, usage, recordedAt });
      }
    }
    if (performance.now() > until) throw new TimedOut('usage is far behind the log');
  }
  return found.slice(0, mostRecordings);
}
