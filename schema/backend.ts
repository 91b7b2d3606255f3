import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Engine } from '../src/application/engine.ts';
import { type Caller as Actor } from '../src/application/ports.ts';
import { type Audit } from '../projections/audit.ts';
import type { Drafts } from '../projections/invoice-list.ts';
import { type Page } from '../projections/page.ts';
import type { RatedUsagePoint, RatedUsageRequest } from '../projections/rated-usage.ts';
import { type MainTables } from '../projections/tables.ts';
import { type UsageTables } from '../projections/usage-tables.ts';

/** What a token may do; a `read` token may be bound to one customer. */
export type Role = 'admin' | 'ingest' | 'read';

export type Caller = Actor & { readonly role: Role; readonly customerId: string | null };

/** The answers: read models, and what is computed from them. */
export type Views = {
  readonly main: Kysely<MainTables>;
  readonly usage: Kysely<UsageTables>;
  readonly drafts: Drafts;
  readonly audit: Audit;
  ratedUsage(request: RatedUsageRequest): Promise<Page<RatedUsagePoint>>;
  /** Until all read models have reached the position. Throws TimedOut. */
  readonly waitFor: (position: bigint, timeoutMs: number) => Promise<void>;
  /** Until the metrics have counted what was recorded before them. Throws TimedOut. */
  readonly waitUntilCounted: (metricIds: readonly string[], timeoutMs: number) => Promise<void>;
  /** As waitFor, for all but usage. */
  readonly waitForMain: (position: bigint, timeoutMs: number) => Promise<void>;
};

/** Everything that the edge speaks to. */
export type Backend = {
  readonly engine: Engine;
  readonly views: Views;
  readonly clock: { now(): Instant; readonly isTestClock: boolean };
};
