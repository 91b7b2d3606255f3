import { type Kysely } from 'kysely';
import { type Instant, type Interval } from '../src/kernel/calendar.ts';
import { type Engine } from '../src/application/engine.ts';
import { type Caller as Actor } from '../src/application/ports.ts';
import type { InvoiceHead, InvoiceView } from '../projections/drafts.ts';
import { type Page, type PageRequest } from '../projections/page.ts';
import { type MainTables } from '../projections/tables.ts';
import { type UsageTables } from '../projections/usage-tables.ts';

/** What a token may do; a `read` token may be bound to one customer. */
export type Role = 'admin' | 'ingest' | 'read';

export type Caller = Actor & { readonly role: Role; readonly customerId: string | null };

export type InvoiceFilter = {
  readonly customerId: string | null;
  readonly contractId: string | null;
  readonly statuses: readonly InvoiceHead['status'][] | null;
  readonly types: readonly InvoiceHead['invoiceType'][] | null;
  readonly startingAt: Instant | null;
  readonly endingBefore: Instant | null;
};

export type InvoiceListRequest = { readonly filter: InvoiceFilter; readonly page: PageRequest };

/** Invoices, final and draft, as of now. */
export type Drafts = {
  /** Absent: there is none, or its period has not begun. */
  invoices(ids: readonly string[], now: Instant): Promise<ReadonlyMap<string, InvoiceView>>;
  /** A page for each request, read together. */
  lists(
    requests: readonly InvoiceListRequest[],
    now: Instant,
  ): Promise<readonly Page<InvoiceHead>[]>;
};

export type RatedUsageRequest = Interval & {
  readonly contractId: string;
  readonly window: 'DAY' | 'MONTH';
  readonly first: number;
  readonly after: string | null;
};

/**
 * What a product's usage costs over a window; decimals in plain notation, the amount in major
 * units.
 */
export type RatedUsage = Interval & {
  readonly productId: string;
  readonly quantity: string;
  readonly amount: string;
  readonly currency: string;
};

/** The answers: read models, and what is computed from them. */
export type Views = {
  readonly main: Kysely<MainTables>;
  readonly usage: Kysely<UsageTables>;
  readonly drafts: Drafts;
  ratedUsage(request: RatedUsageRequest): Promise<Page<RatedUsage>>;
  /** Until all read models have reached the position. Throws TimedOut. */
  readonly waitFor: (position: bigint, timeoutMs: number) => Promise<void>;
  /** As waitFor, for all but usage. */
  readonly waitForMain: (position: bigint, timeoutMs: number) => Promise<void>;
};

/** Everything that the edge speaks to. */
export type Backend = {
  readonly engine: Engine;
  readonly views: Views;
  readonly clock: { now(): Instant; readonly isTestClock: boolean };
};
