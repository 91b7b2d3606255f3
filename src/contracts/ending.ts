import { isOnHour, overlap, type Instant, type OpenInterval } from '../kernel/calendar.ts';
import { accept, refuse, type Decision } from '../kernel/decider.ts';
import { type ContractFacts } from './commands.ts';
import { isStanding, type Closing, type Contract, type CustomerContracts } from './contract.ts';
import { type ContractEvent } from './events.ts';

export type EndRefusal =
  | 'customer_archived'
  | 'not_on_hour'
  | 'ends_before_start'
  | 'invoice_already_finalized'
  | 'contract_overlaps';

type Cards = ContractFacts['cards'];

/** Moves the end of a contract (billing rules 14 and 23). */
export function endContract(
  contract: Contract,
  { endingBefore, now }: { readonly endingBefore: Instant | null; readonly now: Instant },
  { contracts, sealed }: CustomerContracts,
  cards: Cards,
): Decision<ContractEvent, EndRefusal> {
  const field = ['endingBefore'];
  if (contract.endingBefore === endingBefore) return accept();
  if (sealed) return refuse('customer_archived', ['customerId']);
  if (endingBefore !== null && !isOnHour(endingBefore)) return refuse('not_on_hour', field);
  if (endingBefore !== null && endingBefore <= contract.startingAt) {
    return refuse('ends_before_start', field);
  }
  const dropped = laterPart(contract.endingBefore, endingBefore);
  const closed =
    dropped === null
      ? undefined
      : (closedIn(contract, dropped) ?? closedWithout(contract, dropped, contracts, cards));
  if (closed !== undefined) return refuse('invoice_already_finalized', field, closed.invoiceId);
  const added = laterPart(endingBefore, contract.endingBefore);
  if (added !== null && overlapsAny({ ...contract, ...added }, contracts, cards)) {
    return refuse('contract_overlaps', field);
  }
  return accept({
    type: 'EndDateUpdated',
    contractId: contract.contractId,
    endingBefore,
    updatedAt: now,
  });
}

/**
 * Whether another contract covers some of the same time with a card that rates a common usage
 * product.
 */
export const overlapsAny = (
  asked: OpenInterval & { readonly contractId: string; readonly rateCardId: string },
  contracts: readonly Contract[],
  cards: Cards,
): boolean =>
  contracts.some(
    (other) =>
      other.contractId !== asked.contractId &&
      overlap(other, asked) &&
      shareProduct(other, asked, cards),
  );

/** What lies before one end and not before an earlier other; null: nothing. */
const laterPart = (end: Instant | null, earlierEnd: Instant | null): OpenInterval | null =>
  earlierEnd === null || (end !== null && end <= earlierEnd)
    ? null
    : { startingAt: earlierEnd, endingBefore: end };

/** The contract's own USAGE period that is closed in that time. */
const closedIn = ({ closings }: Contract, time: OpenInterval): Closing | undefined =>
  closings.find(
    (closing) =>
      closing.invoiceType === 'USAGE' &&
      !closing.lateOnly &&
      isStanding(closing) &&
      overlap({ startingAt: closing.periodStart, endingBefore: closing.periodEnd }, time),
  );

/**
 * A period in that time of a contract created later, which may have left usage to this one: its
 * invoice would not take that back.
 */
const closedWithout = (
  contract: Contract,
  time: OpenInterval,
  contracts: readonly Contract[],
  cards: Cards,
): Closing | undefined =>
  contracts
    .slice(contracts.findIndex(({ contractId }) => contractId === contract.contractId) + 1)
    .filter((later) => shareProduct(later, contract, cards))
    .map((later) => closedIn(later, time))
    .find((closing) => closing !== undefined);

const shareProduct = (
  a: { readonly rateCardId: string },
  b: { readonly rateCardId: string },
  cards: Cards,
): boolean => {
  const products = new Set(cards[a.rateCardId]?.usageProductIds);
  return cards[b.rateCardId]?.usageProductIds.some((id) => products.has(id)) === true;
};
