import DataLoader from 'dataloader';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Metric, type Product, type RateCard } from '../src/catalog/events.ts';
import { type Contract } from '../src/contracts/contract.ts';
import { metricsByIds, productsByIds, rateCardsByIds } from '../projections/catalog.ts';
import { contractsByIds, customerContracts } from '../projections/contracts.ts';
import { customersByIds, type Customer } from '../projections/customers.ts';
import { externalInvoices, type ExternalInvoice } from '../projections/external-invoices.ts';
import type { InvoiceHead, InvoiceView } from '../projections/drafts.ts';
import { type Page } from '../projections/page.ts';
import { lineAt, linesAt, type RecordedLine } from '../projections/recorded-lines.ts';
import { rateSchedule, type EffectiveRate } from '../projections/rate-schedule.ts';
import { passedOver } from '../projections/usage.ts';
import { type Place } from '../projections/usage-measured.ts';
import { countedThrough } from '../projections/usage-behind.ts';
import type { InvoiceListRequest } from '../projections/invoice-list.ts';
import { type Backend } from './backend.ts';

export type ScheduleKey = { readonly contractId: string; readonly at: Instant };

/** One request's reads, gathered so that a list costs as many questions as one item. */
export type Loaders = {
  readonly metric: DataLoader<string, Metric | null>;
  readonly product: DataLoader<string, Product | null>;
  readonly rateCard: DataLoader<string, RateCard | null>;
  readonly customer: DataLoader<string, Customer | null>;
  readonly contract: DataLoader<string, Contract | null>;
  readonly contractsOf: DataLoader<string, readonly Contract[]>;
  readonly rateSchedule: DataLoader<ScheduleKey, readonly EffectiveRate[], string>;
  readonly invoice: DataLoader<string, InvoiceView | null>;
  readonly externalInvoice: DataLoader<string, ExternalInvoice | null>;
  readonly invoicePage: DataLoader<InvoiceListRequest, Page<InvoiceHead>, string>;
  readonly passedOver: DataLoader<string, number>;
  readonly countedThrough: DataLoader<string, bigint>;
  readonly recordedLine: DataLoader<Place, RecordedLine>;
  /** Forgets what was read, because more is recorded now. */
  clear(): void;
};

export function createLoaders({ views, clock }: Pick<Backend, 'views' | 'clock'>): Loaders {
  const { main, usage, drafts } = views;
  const lately = async <Answer>(read: () => Promise<Answer>): Promise<Answer> => {
    await views.settle();
    return read();
  };
  const loaders = {
    metric: byId((ids) => metricsByIds(main, ids), null),
    product: byId((ids) => productsByIds(main, ids), null),
    rateCard: byId((ids) => rateCardsByIds(main, ids), null),
    customer: byId((ids) => customersByIds(main, ids), null),
    contract: byId((ids) => contractsByIds(main, ids), null),
    contractsOf: new DataLoader<string, readonly Contract[]>(async (customerIds) => {
      const found = await customerContracts(main, customerIds);
      return customerIds.map((id) => found.get(id)?.state.contracts ?? []);
    }),
    rateSchedule: new DataLoader<ScheduleKey, readonly EffectiveRate[], string>(
      async (keys) => {
        const instants = [...new Set(keys.map(({ at }) => at))];
        const found = await Promise.all(
          instants.map(
            async (at): Promise<[Instant, ReadonlyMap<string, readonly EffectiveRate[]>]> => {
              const ids = keys.filter((key) => key.at === at).map(({ contractId }) => contractId);
              return [at, await rateSchedule(main, ids, at)];
            },
          ),
        );
        const byInstant = new Map(found);
        return keys.map(({ at, contractId }) => byInstant.get(at)?.get(contractId) ?? []);
      },
      { cacheKeyFn: ({ contractId, at }) => `${contractId}@${at}` },
    ),
    invoice: byId((ids) => lately(() => drafts.invoices(ids, clock.now())), null),
    externalInvoice: byId((ids) => externalInvoices(main, ids), null),
    invoicePage: new DataLoader<InvoiceListRequest, Page<InvoiceHead>, string>(
      (requests) => lately(() => drafts.lists(requests, clock.now())),
      { cacheKeyFn: (request) => JSON.stringify(request) },
    ),
    passedOver: byId((ids) => lately(() => passedOver(usage, ids)), 0),
    countedThrough: byId((ids) => countedThrough(usage, ids), 0n),
    recordedLine: new DataLoader<Place, RecordedLine>(async (places) => {
      const lines = await linesAt(views.usageArchive, places);
      return places.map((place) => lineAt(lines, place));
    }),
  };
  return {
    ...loaders,
    clear: () => {
      for (const loader of Object.values(loaders)) loader.clearAll();
    },
  };
}

const byId = <Value, None>(
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  none: None,
): DataLoader<string, Value | None> =>
  new DataLoader<string, Value | None>(async (ids) => {
    const found = await read(ids);
    return ids.map((id) => found.get(id) ?? none);
  });
