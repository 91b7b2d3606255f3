import { type EventLog } from '../src/application/ports.ts';
import { type Metric, type Pricing } from '../src/catalog/events.ts';
import { type Override } from '../src/contracts/events.ts';
import { type InvoiceLine, type PriceSource } from '../src/invoices/events.ts';
import { type BilledSegment } from '../src/invoices/explaining.ts';
import { type Interval } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type InvoiceView } from './drafts.ts';
import { type UsageWanted } from './explained-usage.ts';
import { type Page, type PageRequest } from './page.ts';
import { type ReadModels } from './read-models.ts';
import { type RecordedLine } from './recorded-lines.ts';

/** Why a line says what it says; what costs more is found when it is asked for. */
export type LineExplanation = {
  readonly line: InvoiceLine;
  readonly currency: string;
  readonly pricing: Pricing;
  readonly source: PriceSource;
  readonly arithmetic: string;
  /** The events that set the price, in log order. */
  readonly pricedBy: () => Promise<readonly Recorded[]>;
  /** The usage behind the quantity, in the order in which it was recorded. */
  readonly usage: (page: PageRequest) => Promise<Page<RecordedLine>>;
  readonly usageCount: () => Promise<number>;
};

export type LineAsked = {
  readonly view: InvoiceView;
  readonly lineId: string;
  /** Other invoices of the same contract. */
  readonly invoices: (ids: readonly string[]) => Promise<ReadonlyMap<string, InvoiceView>>;
};

export type Explaining = {
  readonly models: ReadModels;
  readonly log: Pick<EventLog, 'readStream'>;
};

/** How a line was priced, and which usage it counts. */
export type Explained = {
  readonly segment: Interval & Pick<BilledSegment, 'pricing' | 'source'>;
  /** The card was read as it was then. */
  readonly ratesThrough: bigint;
  readonly arithmetic: (overrides: readonly Override[]) => string;
  readonly wanted: Pick<UsageWanted, 'interval' | 'since' | 'counts'>;
  readonly metric: Metric;
};
