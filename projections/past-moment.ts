import { type EventLog } from '../src/application/ports.ts';
import { type Moment } from '../src/audit/past-account.ts';
import { giveWay } from '../src/give-way.ts';
import { latest, type Instant } from '../src/kernel/calendar.ts';
import { refuse, type Refused } from '../src/kernel/decider.ts';
import { answerWithinMs, type ReadModels } from './read-models.ts';
import { lastTimeBy, lastTimeThrough } from './usage-times.ts';

/** What was recorded up to a position, or the longest prefix of the log recorded by an instant. */
export type MomentAsked = { readonly position: bigint } | { readonly recordedAt: Instant };

export type MomentRefusal = 'position_not_reached' | 'instant_not_reached';

type Log = Pick<EventLog, 'head' | 'readAll'>;

/** An event may hold thousands of lines. */
const pageSize = 8;
const longAgo: Instant = '1000-01-01T00:00:00.000Z';

/** The moment, once the read models have folded what leads up to it. */
export async function momentOf(
  models: ReadModels,
  log: Log,
  asked: MomentAsked,
  now: Instant,
): Promise<Moment | Refused<MomentRefusal>> {
  const head = await log.head();
  if ('position' in asked && asked.position > head) {
    return refuse('position_not_reached', ['position'], String(head));
  }
  if ('recordedAt' in asked && asked.recordedAt > now) {
    return refuse('instant_not_reached', ['recordedAt'], now);
  }
  const wanted = 'position' in asked ? asked.position : head;
  await models.waitForMain(wanted, answerWithinMs);
  await models.waitForUsage(wanted, answerWithinMs);
  return 'position' in asked
    ? { through: wanted, now: await recordedBy(models, log, wanted) }
    : { through: await recordedThrough(models, log, asked.recordedAt), now: asked.recordedAt };
}

/** The last position before which nothing was recorded after the instant. */
async function recordedThrough(models: ReadModels, log: Log, at: Instant): Promise<bigint> {
  let through = (await lastTimeBy(models.usage.reader, at))?.position ?? 0n;
  for (;;) {
    await giveWay();
    const batch = await log.readAll({ after: through, maxCount: pageSize });
    for (const { position, metadata } of batch.events) {
      if (metadata.recordedAt > at) return through;
      through = position;
    }
    if (batch.events.length < pageSize) return through;
  }
}

/** The latest instant at which anything through the position was recorded. */
async function recordedBy(models: ReadModels, log: Log, position: bigint): Promise<Instant> {
  const known = await lastTimeThrough(models.usage.reader, position);
  let after = known?.position ?? 0n;
  let recordedAt = known?.recordedAt ?? longAgo;
  while (after < position) {
    await giveWay();
    const batch = await log.readAll({ after, maxCount: pageSize });
    for (const one of batch.events) {
      if (one.position <= position) recordedAt = latest(recordedAt, one.metadata.recordedAt);
    }
    if (batch.through <= after) break;
    after = batch.through;
  }
  return recordedAt;
}
