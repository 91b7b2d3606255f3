import { DamagedLog } from '../application/ports.ts';
import {
  metricStream,
  productStream,
  rateCardStream,
  type Metric,
  type Product,
  type RateCardEvent,
} from '../catalog/events.ts';
import { ratesByProduct, type RatesByProduct } from '../catalog/rates.ts';
import { isStanding, type CustomerContracts } from '../contracts/contract.ts';
import { type PeriodClosed } from '../contracts/events.ts';
import { invoiceStream, type InvoiceContent, type InvoiceFinalized } from '../invoices/events.ts';
import { type Catalog } from '../invoices/terms.ts';
import { present } from '../kernel/invariant.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { readClosed, type Closed } from './closed.ts';
import { soundEvents, type AuditLog } from './sound.ts';

/** What an invoice is computed from, but for usage, as the log had it just before its cut. */
export type Facts = Closed & {
  readonly catalog: Catalog;
  /** What a card said when that invoice's period was closed. */
  readonly ratesAtClosing: (rateCardId: string, invoiceId: string) => RatesByProduct;
  /** What the standing USAGE invoices of the customer say. */
  readonly contents: ReadonlyMap<string, InvoiceContent>;
};

/** Reads them; unpublished: what a closed period's invoice says that is not published. */
export async function readFacts(
  log: AuditLog,
  reference: EventReference,
  unpublished: (closed: Recorded<PeriodClosed>) => Promise<InvoiceContent>,
): Promise<Facts> {
  const of = await readClosed(log, reference);
  const { closed, contracts, closings } = of;
  const cards = await readCards(log, contracts, closed.position);
  const ratesThrough = (rateCardId: string, through: bigint): RatesByProduct =>
    ratesByProduct(
      (cards.get(rateCardId) ?? [])
        .filter(({ position }) => position <= through)
        .flatMap(({ event }) => (event.type === 'RatesAdded' ? event.rates : [])),
    );
  const rates = new Map([...cards.keys()].map((id) => [id, ratesThrough(id, closed.position)]));
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
  const closedAt = new Map(closings.map(({ event, position }) => [event.invoiceId, position]));
  return {
    ...of,
    catalog,
    ratesAtClosing: (card, invoiceId) => ratesThrough(card, closedAt.get(invoiceId) ?? 0n),
    contents,
    eventsRead: of.eventsRead + cardEvents + others,
  };
}

/** The invoice as it was published, with its stored texts; undefined: it is not. */
export async function finalized(
  log: AuditLog,
  invoiceId: string,
): Promise<Recorded<InvoiceFinalized> | undefined> {
  const [first] = await soundEvents(log, invoiceStream(invoiceId), 1);
  return first as Recorded<InvoiceFinalized> | undefined;
}

async function readCards(
  log: AuditLog,
  { contracts }: CustomerContracts,
  through: bigint,
): Promise<ReadonlyMap<string, readonly Recorded<RateCardEvent>[]>> {
  const cards = new Map<string, readonly Recorded<RateCardEvent>[]>();
  for (const rateCardId of new Set(contracts.map((contract) => contract.rateCardId))) {
    const stream = rateCardStream(rateCardId);
    const events = (await soundEvents(log, stream)) as readonly Recorded<RateCardEvent>[];
    cards.set(
      rateCardId,
      events.filter(({ position }) => position <= through),
    );
  }
  return cards;
}

async function readCatalog(
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
  const [first] = await soundEvents(log, stream, 1);
  if (first === undefined) throw new DamagedLog({ stream, revision: 0 });
  const { type: _type, ...thing } = first.event;
  return thing as Thing;
}
