import DataLoader from 'dataloader';
import type { KnownInvoice, Past } from '../projections/past.ts';
import { type Loaders } from './loaders.ts';

/** As createLoaders, of an earlier moment; what never changes is read as it is today. */
export function createPastLoaders(past: Past, today: Loaders): Loaders {
  const known = each<string, KnownInvoice | null>((id) => past.invoice(id));
  return {
    ...today,
    customer: each((id) => past.customer(id)),
    contract: each((id) => past.contract(id)),
    contractsOf: each((id) => past.contracts(id)),
    metric: each((id) => past.metric(id)),
    rateSchedule: each(
      ({ contractId, at }) => past.rateSchedule(contractId, at),
      ({ contractId, at }) => `${contractId}@${at}`,
    ),
    invoice: each(async (id) => (await known.load(id))?.view ?? null),
    externalInvoice: each(async (id) => (await known.load(id))?.external ?? null),
    invoicePage: each(
      (request) => past.list(request),
      (request) => JSON.stringify(request),
    ),
    clear: () => undefined,
  };
}

/** Reads each key once. */
const each = <Key, Value>(
  read: (key: Key) => Promise<Value>,
  cacheKeyFn?: (key: Key) => string,
): DataLoader<Key, Value, string> =>
  new DataLoader<Key, Value, string>((keys) => Promise.all(keys.map(read)), {
    ...(cacheKeyFn === undefined ? {} : { cacheKeyFn }),
  });
