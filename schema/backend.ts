import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Engine } from '../src/application/engine.ts';
import { type Caller as Actor } from '../src/application/ports.ts';
import { type Audit } from '../projections/audit.ts';
import type { Drafts } from '../projections/invoice-list.ts';
import { type Page } from '../projections/page.ts';
import type { RatedUsagePoint, RatedUsageRequest } from '../projections/rated-usage.ts';
import type { UsageArchive } from '../projections/recorded-lines.ts';
import { type MainTables } from '../projections/tables.ts';
import { type UsageTables } from '../projections/usage-tables.ts';
import type { UsageTrace } from '../projections/usage-trace.ts';

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
  /** What became of every recording of a transactionId. Throws TimedOut. */
  readonly usageTrace: (transactionId: string, now: Instant) => Promise<readonly UsageTrace[]>;
  readonly usageArchive: UsageArchive;
  /** Until all read models have reached the position. Throws TimedOut. */
  readonly waitFor: (position: bigint, timeoutMs: number) => Promise<void>;
  /**
   * Until usage that was recorded before is counted, or a second has passed: who asks for figures
   * sees what was recorded just before, unless usage is far behind.
   */
  readonly settle: () => Promise<void>;
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
