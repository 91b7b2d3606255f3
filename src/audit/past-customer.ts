import { rateCardStream, type RateCardEvent } from '../catalog/events.ts';
import { type Contract } from '../contracts/contract.ts';
import { ratesUnderContract, type RateInForce } from '../contracts/rate-schedule.ts';
import { type BillingConfig, type CustomerEvent } from '../customers/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { ratesIn, readCatalog } from './facts.ts';
import { readThrough, type Moment, type PastSources } from './past-account.ts';

/** A customer as its events say. */
export type PastCustomer = {
  readonly customerId: string;
  readonly name: string;
  readonly ingestAliases: readonly string[];
  readonly billingConfig: BillingConfig | null;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
};

/** null: there was none yet. */
export function customerIn(events: readonly Recorded<CustomerEvent>[]): PastCustomer | null {
  let customer: PastCustomer | null = null;
  for (const { event } of events) {
    if (event.type === 'CustomerCreated') {
      const { type: _type, ...created } = event;
      customer = { ...created, archivedAt: null };
    }
    if (customer !== null) customer = { ...customer, ...changedBy(event) };
  }
  return customer;
}

function changedBy(event: CustomerEvent): Partial<PastCustomer> {
  switch (event.type) {
    case 'CustomerCreated':
    case 'ClaimRevoked':
      return {};
    case 'IngestAliasesSet':
      return { ingestAliases: event.ingestAliases };
    case 'BillingConfigSet':
      return { billingConfig: event.billingConfig };
    case 'CustomerArchived':
      return { archivedAt: event.archivedAt };
  }
}

/** What was in force for a product under a contract. */
export type PastRate = RateInForce & { readonly contractId: string; readonly productId: string };

/** For every product of the contract's card, as it was known: see ratesUnderContract. */
export async function pastRateSchedule(
  { log }: PastSources,
  { through }: Moment,
  { contractId, rateCardId, overrides }: Contract,
  at: Instant,
): Promise<readonly PastRate[]> {
  const card = await readThrough<RateCardEvent>(log, rateCardStream(rateCardId), through);
  const rates = ratesIn(card);
  const { products } = await readCatalog(log, new Map([[rateCardId, rates]]));
  return [...rates].flatMap(([productId, slots]) => {
    const product = present(products.get(productId), 'a rated product was created');
    return ratesUnderContract(slots, overrides, product, at).map((rate) => ({
      ...{ contractId, productId, ...rate },
    }));
  });
}
