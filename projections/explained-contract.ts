import { type EventLog } from '../src/application/ports.ts';
import {
  contractById,
  evolveContracts,
  noContracts,
  type Contract,
} from '../src/contracts/contract.ts';
import {
  contractsStream,
  type ContractCreated,
  type ContractEvent,
  type PeriodClosed,
} from '../src/contracts/events.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type InvoiceView } from './drafts.ts';

/** A USAGE period of the contract that was closed, and the contract just before. */
export type ClosedBefore = { readonly closed: Recorded<PeriodClosed>; readonly before: Contract };

/** A contract as one of its invoices has it: before its cut, or where its draft was read. */
export type ContractOfInvoice = {
  readonly created: Recorded<ContractCreated>;
  readonly contract: Contract;
  /** In the order of their cuts. */
  readonly closed: readonly ClosedBefore[];
  /** The invoice's own PeriodClosed; null: it is a draft. */
  readonly ownCut: Recorded<PeriodClosed> | null;
  /** How many of the customer's periods were closed before that position. */
  readonly cutsBefore: (position: bigint) => number;
};

/** Read from the contracts' stream. */
export async function contractOfInvoice(
  log: Pick<EventLog, 'readStream'>,
  { invoiceId, customerId, contractId, position }: InvoiceView,
): Promise<ContractOfInvoice> {
  const stream = contractsStream(customerId);
  const events = (await log.readStream(stream)) as readonly Recorded<ContractEvent>[];
  let state = noContracts;
  const cuts: bigint[] = [];
  const closed: ClosedBefore[] = [];
  let created: Recorded<ContractCreated> | undefined;
  let ownCut: Recorded<PeriodClosed> | null = null;
  for (const recorded of events) {
    if (recorded.position > position) break;
    if (isClosing(recorded)) {
      if (recorded.event.invoiceId === invoiceId) {
        ownCut = recorded;
        break;
      }
      cuts.push(recorded.position);
      const before = contractById(state, contractId);
      const isOf = recorded.event.contractId === contractId;
      if (isOf && before !== undefined && recorded.event.invoiceType === 'USAGE') {
        closed.push({ closed: recorded, before });
      }
    }
    if (isCreation(recorded) && recorded.event.contractId === contractId) created = recorded;
    state = evolveContracts(state, recorded.event);
  }
  return {
    created: present(created, 'an invoice is of a contract that was created'),
    contract: present(contractById(state, contractId), 'a contract that was created'),
    closed,
    ownCut,
    cutsBefore: (at) => countBelow(cuts, at),
  };
}

const isClosing = (one: Recorded<ContractEvent>): one is Recorded<PeriodClosed> =>
  one.event.type === 'PeriodClosed';

const isCreation = (one: Recorded<ContractEvent>): one is Recorded<ContractCreated> =>
  one.event.type === 'ContractCreated';

/** How many of the ascending positions are below that one. */
function countBelow(positions: readonly bigint[], at: bigint): number {
  const found = positions.findLastIndex((position) => position < at);
  return found + 1;
}
