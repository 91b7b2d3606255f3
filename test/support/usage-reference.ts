import { type BillableMetricCreated } from '../../src/catalog/events.ts';
import { hourOf, latest, monthOf, type Instant } from '../../src/kernel/calendar.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type PropertyValue, type UsageLine } from '../../src/usage/events.ts';
import { sees } from '../../src/usage/filters.ts';
import { mergeAll, quantityOf, tallyOf, type Tally } from '../../src/usage/metering.ts';
import { type UsageChange } from './usage-log.ts';

type Line = {
  readonly usage: UsageLine;
  readonly key: string;
  readonly order: string;
  owner: string | undefined;
  afterCut: number;
  closedThrough: Instant | undefined;
  recordedAt: Instant;
};

export type Reference = {
  /** By owner, metric, grain, window, cut and group: the tally as text. */
  readonly tallies: ReadonlyMap<string, string>;
  readonly passedOver: ReadonlyMap<string, number>;
  /** By customer, month and cut: when the last was recorded. */
  readonly late: ReadonlyMap<string, Instant>;
};

/**
 * What the usage read model should hold, told line by line from the rules, with all metrics known
 * throughout.
 */
export function referenceFold(events: readonly Recorded<UsageChange>[]): Reference {
  const metrics: BillableMetricCreated[] = [];
  const lines: Line[] = [];
  const seen = new Set<string>();
  const holders = new Map<string, string>();
  const cuts = new Map<string, number>();
  const closed = new Map<string, Instant>();
  for (const { event, position, metadata } of events) {
    switch (event.type) {
      case 'BillableMetricCreated':
        metrics.push(event);
        break;
      case 'PeriodClosed': {
        const { customerId, periodEnd } = event;
        cuts.set(customerId, event.cut);
        closed.set(customerId, latest(periodEnd, closed.get(customerId) ?? periodEnd));
        break;
      }
      case 'CustomerCreated':
      case 'IngestAliasesSet': {
        const { customerId } = event;
        for (const [key, owner] of holders) if (owner === customerId) holders.delete(key);
        for (const key of [customerId, ...event.ingestAliases]) {
          holders.set(key, customerId);
          for (const line of lines.filter((one) => one.key === key)) {
            if (line.owner !== undefined) continue;
            line.owner = customerId;
            line.afterCut = cuts.get(customerId) ?? 0;
            line.closedThrough = closed.get(customerId);
            line.recordedAt = metadata.recordedAt;
          }
        }
        break;
      }
      case 'UsageRecorded':
        event.lines.forEach((usage, index) => {
          if (seen.has(usage.transactionId)) return;
          seen.add(usage.transactionId);
          const owner = holders.get(event.key);
          lines.push({
            usage,
            key: event.key,
            order: `${String(position).padStart(9, '0')} ${String(index).padStart(9, '0')}`,
            owner,
            afterCut: cuts.get(owner ?? '') ?? 0,
            closedThrough: closed.get(owner ?? ''),
            recordedAt: metadata.recordedAt,
          });
        });
    }
  }
  return counted(metrics, lines);
}

function counted(metrics: readonly BillableMetricCreated[], lines: readonly Line[]): Reference {
  const parts = new Map<string, Tally[]>();
  const passedOver = new Map(metrics.map(({ metricId }) => [metricId, 0]));
  const late = new Map<string, Instant>();
  for (const metric of metrics) {
    for (const line of lines.filter(({ usage }) => sees(metric, usage))) {
      const tally = tallyOf(metric, line.usage, line.order);
      if (tally === 'passed_over') {
        passedOver.set(metric.metricId, (passedOver.get(metric.metricId) ?? 0) + 1);
        continue;
      }
      const { timestamp } = line.usage;
      for (const [grain, window] of [
        ['H', hourOf(timestamp)],
        ['M', monthOf(timestamp)],
      ]) {
        const owner = line.owner ?? `?${line.key}`;
        const place = [owner, metric.metricId, grain, window, line.afterCut];
        const row = [...place, groupOf(metric, line.usage)].join(' ');
        parts.set(row, [...(parts.get(row) ?? []), tally]);
      }
      if (line.owner === undefined || line.closedThrough === undefined) continue;
      if (timestamp >= line.closedThrough) continue;
      const mark = [line.owner, monthOf(timestamp), line.afterCut].join(' ');
      late.set(mark, latest(line.recordedAt, late.get(mark) ?? line.recordedAt));
    }
  }
  return {
    tallies: new Map([...parts].map(([row, all]) => [row, tallyText(mergeAll(all))])),
    passedOver,
    late,
  };
}

/** Metrics here have one group key at most. */
const groupOf = ({ groupKeys: [key] }: BillableMetricCreated, { properties }: UsageLine): string =>
  key === undefined ? '' : JSON.stringify([...key].sort().map((name) => textOf(properties[name])));

const textOf = (value: PropertyValue | undefined): string | null =>
  value === undefined ? null : String(value);

/** The quantity and the instants that decided it. */
export const tallyText = (tally: Tally | null): string => {
  if (tally?.aggregation === 'UNIQUE') return JSON.stringify([...tally.firstAt].sort());
  const at = tally !== null && 'at' in tally ? ` at ${tally.at}` : '';
  return `${printDecimal(quantityOf(tally))}${at}`;
};
