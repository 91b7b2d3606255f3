import { type EventLog } from '../src/application/ports.ts';
import {
  rateCardStream,
  type Product,
  type Rate,
  type RateCardEvent,
} from '../src/catalog/events.ts';
import { ratesByProduct } from '../src/catalog/rates.ts';
import { type ContractCreated } from '../src/contracts/events.ts';
import { originsOver } from '../src/contracts/price-origins.ts';
import { scheduleOver } from '../src/contracts/rate-schedule.ts';
import { type InvoiceLine } from '../src/invoices/events.ts';
import { type Interval } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';

/** A price of the contract for usage with these group values over the interval. */
export type PriceAsked = {
  readonly created: Recorded<ContractCreated>;
  readonly product: Product;
  readonly groupValues: InvoiceLine['groupValues'];
  readonly interval: Interval;
  /** The card is what it was then. */
  readonly through: bigint;
};

/**
 * The events that set the price, in log order: rates as they were added, and the contract where one
 * of its overrides changes or replaces them.
 */
export async function pricedBy(
  log: Pick<EventLog, 'readStream'>,
  { created, product, groupValues, interval, through }: PriceAsked,
): Promise<readonly Recorded[]> {
  const { rateCardId, overrides } = created.event;
  const stream = rateCardStream(rateCardId);
  const card = (await log.readStream(stream)) as readonly Recorded<RateCardEvent>[];
  const addedBy = new Map<Rate, Recorded>();
  for (const recorded of card) {
    const { event, position } = recorded;
    if (position > through || event.type !== 'RatesAdded') continue;
    for (const rate of event.rates) {
      if (rate.productId === product.productId) addedBy.set(rate, recorded);
    }
  }
  const slots = ratesByProduct(addedBy.keys()).get(product.productId) ?? [];
  const schedules = scheduleOver(slots, overrides, product, interval);
  const events = new Set<Recorded>();
  for (const { rate, override } of originsOver(schedules, groupValues ?? {}, interval)) {
    const added = addedBy.get(rate);
    if (added !== undefined && (override?.overwrite ?? null) === null) events.add(added);
    if (override !== null) events.add(created);
  }
  return [...events].sort((a, b) => (a.position < b.position ? -1 : 1));
}
