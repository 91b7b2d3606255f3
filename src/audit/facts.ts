import { type EventLog } from '../application/ports.ts';
import {
  metricStream,
  productStream,
  rateCardStream,
  type Metric,
  type Product,
  type RateCardEvent,
} from '../catalog/events.ts';
import { ratesByProduct, type RatesByProduct } from '../catalog/rates.ts';
import {
  evolveContracts,
  isStanding,
  noContracts,
  type CustomerContracts,
} from '../contracts/contract.ts';
import { type ContractEvent, type PeriodClosed } from '../contracts/events.ts';
import { invoiceStream, type InvoiceContent, type InvoiceFinalized } from '../invoices/events.ts';
import { type Catalog } from '../invoices/terms.ts';
import { fold } from '../kernel/decider.ts';
import { present } from '../kernel/invariant.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';

export type AuditLog = Pick<EventLog, 'readStream' | 'readAll'>;

/** What invoices are computed from, but for usage, as the log had it just before a position. */
export type Facts = {
  readonly before: bigint;
  readonly contracts: CustomerContracts;
  readonly catalog: Catalog;
  /** What a card said when that invoice's period was closed. */
  readonly ratesAtClosing: (rateCardId: string, invoiceId: string) => RatesByProduct;
  /** Position of each PeriodClosed among them, by invoice. */
  readonly closedAt: ReadonlyMap<string, bigint>;
  /** What the standing USAGE invoices of the customer say. */
  readonly contents: ReadonlyMap<string, InvoiceContent>;
  /** How many events were read for it. */
  readonly eventsRead: number;
};

/** Facts just before a period's cut. */
export type ClosedFacts = Facts & { readonly closed: Recorded<PeriodClosed> };

/** What a closed period's invoice says that is not published. */
export type Unpublished = (closed: Recorded<PeriodClosed>) => Promise<InvoiceContent>;

/** The facts that the invoice of that PeriodClosed is computed from. */
export async function readFacts(
  log: AuditLog,
  reference: EventReference,
  unpublished: Unpublished,
): Promise<ClosedFacts> {
  const { stream, revision } = reference;
  const events = (await log.readStream(stream, {
    maxCount: revision + 1,
  })) as readonly Recorded<ContractEvent>[];
  const closed = present(events.at(revision), 'an invoice names its PeriodClosed');
  if (!isClosing(closed)) throw new RangeError(`${stream} has no PeriodClosed there`);
  const facts = await factsOf(log, events.slice(0, revision), closed.position, unpublished);
  return { ...facts, closed, eventsRead: facts.eventsRead + 1 };
}

/** The facts that these events of a customer's contracts, all from before the position, rest on. */
export async function factsOf(
  log: AuditLog,
  events: readonly Recorded<ContractEvent>[],
  before: bigint,
  unpublished: Unpublished,
): Promise<Facts> {
  const contracts = contractsIn(events);
  const closings = events.filter(isClosing);
  const closedAt = new Map(closings.map(({ event, position }) => [event.invoiceId, position]));
  const cards = await readCards(log, contracts, before);
  const ratesThrough = (rateCardId: string, through: bigint): RatesByProduct =>
    ratesIn((cards.get(rateCardId) ?? []).filter(({ position }) => position <= through));
  const rates = new Map([...cards.keys()].map((id) => [id, ratesThrough(id, before)]));
  const catalog = await readCatalog(log, rates);
  const standing = contracts.contracts.flatMap((contract) =>
    contract.closings.filter((one) => one.invoiceType === 'USAGE' && isStanding(one)),
  );
  const contents = new Map<string, InvoiceContent>();
  for (const { invoiceId } of standing) {
    const closing = present(
      closings.find(({ event }) => event.invoiceId === invoiceId),
      'a closed period was closed',
    );
    const published = await finalized(log, invoiceId);
    contents.set(invoiceId, published?.event ?? (await unpublished(closing)));
  }
  const cardEvents = [...cards.values()].reduce((count, card) => count + card.length, 0);
  const others = catalog.products.size + catalog.metrics.size + contents.size;
  return {
    before,
    contracts,
    catalog,
    ratesAtClosing: (card, invoiceId) => ratesThrough(card, closedAt.get(invoiceId) ?? 0n),
    closedAt,
    contents,
    eventsRead: events.length + cardEvents + others,
  };
}

export const contractsIn = (events: readonly Recorded<ContractEvent>[]): CustomerContracts =>
  fold(
    { initial: noContracts, evolve: evolveContracts },
    events.map(({ event }) => event),
  );

/** The invoice as it was published; undefined: it is not. */
export async function finalized(
  log: AuditLog,
  invoiceId: string,
): Promise<Recorded<InvoiceFinalized> | undefined> {
  const [first] = await log.readStream(invoiceStream(invoiceId), { maxCount: 1 });
  return first as Recorded<InvoiceFinalized> | undefined;
}

export const isClosing = (recorded: Recorded<ContractEvent>): recorded is Recorded<PeriodClosed> =>
  recorded.event.type === 'PeriodClosed';

export const ratesIn = (card: readonly Recorded<RateCardEvent>[]): RatesByProduct =>
  ratesByProduct(card.flatMap(({ event }) => (event.type === 'RatesAdded' ? event.rates : [])));

async function readCards(
  log: AuditLog,
  { contracts }: CustomerContracts,
  before: bigint,
): Promise<ReadonlyMap<string, readonly Recorded<RateCardEvent>[]>> {
  const cards = new Map<string, readonly Recorded<RateCardEvent>[]>();
  for (const rateCardId of new Set(contracts.map((contract) => contract.rateCardId))) {
    const stream = rateCardStream(rateCardId);
    const events = (await log.readStream(stream)) as readonly Recorded<RateCardEvent>[];
    cards.set(
      rateCardId,
      events.filter(({ position }) => position < before),
    );
  }
  return cards;
}

export async function readCatalog(
  log: AuditLog,
  rates: ReadonlyMap<string, RatesByProduct>,
): Promise<Catalog> {
  const productIds = new Set([...rates.values()].flatMap((card) => [...card.keys()]));
  const products = new Map<string, Product>();
  const metrics = new Map<string, Metric>();
  for (const productId of productIds) {
    const product = await created<Product>(log, productStream(productId));
    products.set(productId, product);
    const { metricId } = product;
    if (metricId === null || metrics.has(metricId)) continue;
    metrics.set(metricId, await created<Metric>(log, metricStream(metricId)));
  }
  return { rates, products, metrics };
}

async function created<Thing>(log: AuditLog, stream: string): Promise<Thing> {
  const [first] = await log.readStream(stream, { maxCount: 1 });
  const { type: _type, ...thing } = present(first, `${stream} was created`).event;
  return thing as Thing;
}
