import { type Instant, type OpenInterval } from '../kernel/calendar.ts';
import { type ContractCreated, type ContractEvent, type PeriodClosed } from './events.ts';

/**
 * A period that was closed; reopenedAt tells when its invoice was voided, and reopenedAfterCut how
 * many periods of the customer were closed by then.
 */
export type Closing = Pick<
  PeriodClosed,
  'invoiceId' | 'invoiceType' | 'periodStart' | 'periodEnd' | 'lateOnly' | 'cut' | 'closedAt'
> & { readonly reopenedAt: Instant | null; readonly reopenedAfterCut: number | null };

export type Contract = OpenInterval &
  Omit<ContractCreated, 'type'> & {
    /** When the last end date was recorded. */
    readonly endUpdatedAt: Instant | null;
    /** In log order. */
    readonly closings: readonly Closing[];
  };

/**
 * All contracts of one customer, in order of creation. Plain JSON, so that a read model can keep
 * it.
 */
export type CustomerContracts = {
  readonly contracts: readonly Contract[];
  /** How many periods were closed. */
  readonly cuts: number;
  /** Whether the customer is being archived. */
  readonly sealed: boolean;
};

export const noContracts: CustomerContracts = { contracts: [], cuts: 0, sealed: false };

export function evolveContracts(state: CustomerContracts, event: ContractEvent): CustomerContracts {
  switch (event.type) {
    case 'ContractCreated': {
      const { type: _type, ...terms } = event;
      const created: Contract = { ...terms, endUpdatedAt: null, closings: [] };
      return { ...state, contracts: [...state.contracts, created] };
    }
    case 'EndDateUpdated':
      return change(state, event.contractId, (contract) => ({
        ...contract,
        endingBefore: event.endingBefore,
        endUpdatedAt: event.updatedAt,
      }));
    case 'PeriodClosed': {
      const { type: _type, customerId: _customerId, contractId, ...closed } = event;
      const closing: Closing = { ...closed, reopenedAt: null, reopenedAfterCut: null };
      return {
        ...change(state, contractId, (contract) => ({
          ...contract,
          closings: [...contract.closings, closing],
        })),
        cuts: event.cut,
      };
    }
    case 'PeriodReopened':
      return change(state, event.contractId, (contract) => ({
        ...contract,
        closings: contract.closings.map((closing) =>
          closing.invoiceId === event.invoiceId
            ? { ...closing, reopenedAt: event.reopenedAt, reopenedAfterCut: state.cuts }
            : closing,
        ),
      }));
    case 'ContractsSealed':
      return { ...state, sealed: true };
  }
}

export const contractById = (state: CustomerContracts, contractId: string): Contract | undefined =>
  state.contracts.find((contract) => contract.contractId === contractId);

export const isStanding = (closing: Closing): boolean => closing.reopenedAt === null;

const change = (
  state: CustomerContracts,
  contractId: string,
  to: (contract: Contract) => Contract,
): CustomerContracts => ({
  ...state,
  contracts: state.contracts.map((contract) =>
    contract.contractId === contractId ? to(contract) : contract,
  ),
});
