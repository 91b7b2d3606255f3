import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { type OriginalLine } from './usage-dedupe.ts';
import { type Change } from './usage-measured.ts';

/** The usage events after a position and through another, in log order. */
export type UsageHistory = (
  after: bigint,
  through: bigint,
) => AsyncIterable<readonly Recorded<UsageRecorded>[]>;

/** How the projection looks back into the log. */
export type UsageLog = { readonly originalLine: OriginalLine; readonly history: UsageHistory };

const changes: Readonly<Record<Change['type'], true>> = {
  BillableMetricCreated: true,
  CustomerCreated: true,
  IngestAliasesSet: true,
  PeriodClosed: true,
};

export const isUsage = (recorded: Recorded): recorded is Recorded<UsageRecorded> =>
  recorded.event.type === 'UsageRecorded';

export const isChange = (recorded: Recorded): recorded is Recorded<Change> =>
  Object.hasOwn(changes, recorded.event.type);

/** Whether the event begins to count something, so that what follows is measured after it. */
export const isMetric = ({ event }: Recorded): boolean => event.type === 'BillableMetricCreated';
