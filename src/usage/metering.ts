import { type Aggregation } from '../catalog/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { type Decimal } from '../kernel/decimal.ts';

/**
 * What a metric has counted over some stretch of time: a part that merges with other parts in any order.
 * MAX, UNIQUE and LATEST keep the instant of the event that decided them.
 */
export type Tally =
  | { readonly aggregation: 'COUNT' | 'SUM'; readonly total: Decimal }
  | { readonly aggregation: 'MAX'; readonly value: Decimal; readonly at: Instant }
  | { readonly aggregation: 'LATEST'; readonly value: Decimal; readonly at: Instant; readonly order: string }
  | { readonly aggregation: 'UNIQUE'; readonly firstAt: ReadonlyMap<string, Instant> };
