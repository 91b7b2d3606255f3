import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type Metric } from '../src/catalog/events.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { type RecordedLine, type UsageArchive } from './recorded-lines.ts';
import { onlyFirst } from './usage-dedupe.ts';
import { placeLines, tallyOfLine, type PlacedLine } from './usage-lines.ts';
import { type UsageTables } from './usage-tables.ts';

/** An event that a metric sees and cannot use (billing rule 10), and why. */
export type PassedOverUsage = {
  readonly recorded: RecordedLine;
  readonly reason: 'NO_PROPERTY' | 'NO_DECIMAL';
};

type From = { readonly position: number; readonly line: number };

const eventsAtOnce = 50;
const cursorKey = z.tuple([z.string(), z.number(), z.number()]);

/**
 * The events that the metric passes over, newest first. What is kept is only which of the log's
 * events hold some: their lines are read back and judged again.
 */
export async function passedOverUsage(
  db: Kysely<UsageTables>,
  { usageAt }: Pick<UsageArchive, 'usageAt'>,
  metric: Metric,
  page: PageRequest,
): Promise<Page<PassedOverUsage>> {
  const { metricId } = metric;
  const [, position, line] = decodeCursor('passedOverUsage', cursorKey, page.after) ?? [];
  let from: From | null = position === undefined || line === undefined ? null : { position, line };
  const found: PlacedLine[] = [];
  while (found.length <= page.first) {
    const places = await placesBefore(db, metricId, from);
    for (const place of places) {
      const lines: PlacedLine[] = [];
      placeLines(await usageAt(BigInt(place)), 0, null, lines);
      const before = lines.filter((one) => from?.position !== place || one.line < from.line);
      const passed = before.filter((one) => tallyOfLine(metric, one) === 'passed_over');
      found.push(...(await onlyFirst(passed, db)).reverse());
      from = { position: place, line: 0 };
      if (found.length > page.first) break;
    }
    if (places.length < eventsAtOnce) break;
  }
  return pageOf(found, page, 0, (one) => ({
    cursor: encodeCursor('passedOverUsage', [metricId, one.position, one.line]),
    node: { recorded: one, reason: reasonOf(metric, one) },
  }));
}

/** Those that hold some, newest first; the one at `from` holds some before its line. */
async function placesBefore(
  db: Kysely<UsageTables>,
  metricId: string,
  from: From | null,
): Promise<readonly number[]> {
  let query = db
    .selectFrom('usage_passed_over')
    .select('position')
    .where('metric_id', '=', metricId);
  if (from !== null) {
    query = query.where('position', from.line > 0 ? '<=' : '<', from.position);
  }
  const rows = await query.orderBy('position', 'desc').limit(eventsAtOnce).execute();
  return rows.map((row) => row.position);
}

const reasonOf = (
  { aggregationKey }: Metric,
  { usage: { properties } }: PlacedLine,
): PassedOverUsage['reason'] =>
  aggregationKey !== null && Object.hasOwn(properties, aggregationKey)
    ? 'NO_DECIMAL'
    : 'NO_PROPERTY';
