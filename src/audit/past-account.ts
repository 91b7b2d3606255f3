import { type Metric } from '../catalog/events.ts';
import { type CustomerContracts } from '../contracts/contract.ts';
import { contractsStream, type ContractEvent } from '../contracts/events.ts';
import { customerStream, type CustomerEvent } from '../customers/events.ts';
import { type InvoiceContent } from '../invoices/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { type DomainEvent, type EventReference, type Recorded } from '../kernel/recorded.ts';
import { contractsIn, type KnownContracts } from './closed.ts';
import { factsOf, finalized, readFacts, type Facts, type Unpublished } from './facts.ts';
import { ownedBefore } from './keys-read.ts';
import { coveredMonths } from './months.ts';
import { planInvoice } from './plan.ts';
import { readPastMeters, type OwnedKeys, type RepeatsAt } from './past-usage.ts';
import { type AuditLog } from './sound.ts';

/** Everything recorded through a position is known, and nothing after. */
export type Moment = {
  readonly through: bigint;
  /** What was taken for now. */
  readonly now: Instant;
};

/** What the past is read from: the log, and what needs all of it to be told. */
export type PastSources = {
  readonly log: AuditLog;
  readonly graceHours: number;
  readonly repeatsAt: RepeatsAt;
  /** The metrics that were created through the position. */
  readonly metricsThrough: (position: bigint) => Promise<readonly Metric[]>;
};

/** A customer with its contracts, as the log knew them at a moment. */
export type PastAccount = Moment & {
  readonly customerId: string;
  readonly customerEvents: readonly Recorded<CustomerEvent>[];
  readonly contracts: CustomerContracts;
  /** Its closed periods, in log order. */
  readonly closings: KnownContracts['closings'];
  readonly owned: () => Promise<OwnedKeys>;
  readonly facts: () => Promise<Facts>;
};

export async function readAccount(
  sources: PastSources,
  { through, now }: Moment,
  customerId: string,
): Promise<PastAccount> {
  const { log } = sources;
  const [customerEvents, contractEvents] = await Promise.all([
    readThrough<CustomerEvent>(log, customerStream(customerId), through),
    readThrough<ContractEvent>(log, contractsStream(customerId), through),
  ]);
  const known = contractsIn(contractEvents, through + 1n);
  const { contracts, closings } = known;
  return {
    ...{ customerId, through, now, customerEvents, contracts, closings },
    owned: once(() => ownedBefore(log, customerId, through + 1n)),
    facts: once(() => factsOf(log, known, unpublishedBy(sources))),
  };
}

/** The stream's events that were recorded by then. */
export async function readThrough<Event extends DomainEvent>(
  log: AuditLog,
  stream: string,
  through: bigint,
): Promise<readonly Recorded<Event>[]> {
  const events = (await log.readStream(stream)) as readonly Recorded<Event>[];
  return events.filter(({ position }) => position <= through);
}

/** What the invoice of a closed period says: it did not change from its cut on. */
export async function contentAtCut(
  sources: PastSources,
  invoiceId: string,
  closedBy: EventReference,
): Promise<InvoiceContent> {
  const { log, repeatsAt } = sources;
  const published = await finalized(log, invoiceId);
  if (published !== undefined) return published.event;
  const facts = await readFacts(log, closedBy, unpublishedBy(sources));
  const { event, position } = facts.closed;
  const owned = await ownedBefore(log, event.customerId, position);
  const { late } = await coveredMonths(log, facts, owned);
  const plan = planInvoice(facts, late);
  const usage = { log, repeatsAt, owned, through: position - 1n };
  return plan.finish(await readPastMeters(usage, facts.catalog.metrics, plan.meters));
}

const unpublishedBy =
  (sources: PastSources): Unpublished =>
  ({ event, stream, revision }) =>
    contentAtCut(sources, event.invoiceId, { stream, revision });

const once = <Value>(read: () => Promise<Value>): (() => Promise<Value>) => {
  let reading: Promise<Value> | null = null;
  return () => (reading ??= read());
};
