import { isBillable, isOnHour } from '../kernel/calendar.ts';
import {
  accept,
  isRefused,
  refuse,
  type Decider,
  type Decision,
  type Refused,
} from '../kernel/decider.ts';
import { nameFault } from '../kernel/names.ts';
import { endContract, overlapsAny, type EndRefusal } from './ending.ts';
import { refuseOverrides, type OverrideRefusal } from './overrides.ts';
import { scheduleCharges, type ChargeRefusal } from './charges.ts';
import { closePeriod, reopenPeriod, type PeriodRefusal } from './closing.ts';
import {
  type ChangePlan,
  type ContractCommand,
  type CreateContract,
  type SealContracts,
  type UpdateEndDate,
} from './commands.ts';
import { contractById, evolveContracts, noContracts, type CustomerContracts } from './contract.ts';
import { openPeriods } from './periods.ts';
import { type ContractCreated, type ContractEvent, type StatementSchedule } from './events.ts';

export type ContractRefusal =
  | 'customer_not_found'
  | 'customer_archived'
  | 'customer_has_open_contracts'
  | 'contract_not_found'
  | 'contract_not_running'
  | 'exactly_one_rate_card'
  | 'rate_card_not_found'
  | 'payment_terms_invalid'
  | 'weekly_needs_contract_start'
  | 'date_out_of_range'
  | 'name_empty'
  | 'name_too_long'
  | EndRefusal
  | OverrideRefusal
  | ChargeRefusal
  | PeriodRefusal;

type ContractDecision = Decision<ContractEvent, ContractRefusal>;

const paymentTermsDaysMax = 3650;

const monthly: StatementSchedule = { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' };

/** All contracts of one customer: what concerns several of them is decided here. */
export const contracts: Decider<
  ContractCommand,
  CustomerContracts,
  ContractEvent,
  ContractRefusal
> = {
  initial: noContracts,

  decide(command, state) {
    switch (command.type) {
      case 'CreateContract':
        return createContract(command, state);
      case 'UpdateEndDate':
        return updateEndDate(command, state);
      case 'ChangePlan':
        return changePlan(command, state);
      case 'ClosePeriod':
        return closePeriod(command, state);
      case 'ReopenPeriod':
        return reopenPeriod(command, state);
      case 'SealContracts':
        return sealContracts(command, state);
    }
  },

  evolve: evolveContracts,
};

function createContract(command: CreateContract, state: CustomerContracts): ContractDecision {
  if (contractById(state, command.contractId) !== undefined) return accept();
  if (state.sealed) return refuse('customer_archived', ['customerId']);
  const created = contractAsked(command);
  if ('refused' in created) return created;
  if (overlapsAny(created, state.contracts, command.facts.cards)) {
    return refuse('contract_overlaps', ['startingAt']);
  }
  return accept(created);
}

function updateEndDate(command: UpdateEndDate, state: CustomerContracts): ContractDecision {
  const contract = contractById(state, command.contractId);
  if (contract === undefined) return refuse('contract_not_found', ['contractId']);
  return endContract(contract, command, state, command.facts.cards);
}

function changePlan(command: ChangePlan, state: CustomerContracts): ContractDecision {
  if (contractById(state, command.contractId) !== undefined) return accept();
  const { startingAt } = command.input;
  const from = contractById(state, command.fromContractId);
  if (from === undefined) return refuse('contract_not_found', ['fromContractId']);
  if (state.sealed) return refuse('customer_archived', ['contract', 'customerId']);
  const created = contractAsked(command);
  if ('refused' in created) return inContract(created);
  if (
    startingAt <= from.startingAt ||
    (from.endingBefore !== null && from.endingBefore < startingAt)
  ) {
    return refuse('contract_not_running', ['contract', 'startingAt']);
  }
  const ended = endContract(
    from,
    { endingBefore: startingAt, now: command.now },
    state,
    command.facts.cards,
  );
  if (isRefused(ended)) {
    return refuse(ended.refused.reason, ['contract', 'startingAt'], ended.refused.detail);
  }
  const others = ended.events.reduce(evolveContracts, state).contracts;
  if (overlapsAny(created, others, command.facts.cards)) {
    return refuse('contract_overlaps', ['contract', 'startingAt']);
  }
  return accept(...ended.events, created);
}

function sealContracts(command: SealContracts, state: CustomerContracts): ContractDecision {
  if (state.sealed) return accept();
  const { customerId, now } = command;
  const open = state.contracts.some(
    (contract) =>
      contract.endingBefore === null ||
      contract.endingBefore > now ||
      openPeriods(contract, now).length > 0,
  );
  if (open || command.hasOpenDrafts) return refuse('customer_has_open_contracts', ['customerId']);
  return accept({ type: 'ContractsSealed', customerId, sealedAt: now });
}

const inContract = ({ refused }: Refused<ContractRefusal>): Refused<ContractRefusal> =>
  refuse(refused.reason, ['contract', ...(refused.field ?? [])], refused.detail);

/** The contract as asked for, judged by itself. */
function contractAsked(
  command: Pick<CreateContract, 'contractId' | 'input' | 'card' | 'facts' | 'now'>,
): ContractCreated | Refused<ContractRefusal> {
  const { contractId, input, card, facts, now } = command;
  const { startingAt, endingBefore, netPaymentTermsDays } = input;
  if (facts.customer === null) return refuse('customer_not_found', ['customerId']);
  if (facts.customer.archived) return refuse('customer_archived', ['customerId']);
  if ((input.rateCardId === null) === (input.rateCardAlias === null)) {
    return refuse('exactly_one_rate_card', ['rateCardId']);
  }
  if (card === null) {
    return refuse('rate_card_not_found', [
      input.rateCardId === null ? 'rateCardAlias' : 'rateCardId',
    ]);
  }
  const misnamed = input.name === null ? undefined : nameFault(input.name);
  if (misnamed !== undefined) return misnamed;
  if (!isOnHour(startingAt)) return refuse('not_on_hour', ['startingAt']);
  if (endingBefore !== null && !isOnHour(endingBefore))
    return refuse('not_on_hour', ['endingBefore']);
  if (endingBefore !== null && endingBefore <= startingAt) {
    return refuse('ends_before_start', ['endingBefore']);
  }
  if (!isBillable(startingAt)) return refuse('date_out_of_range', ['startingAt'], startingAt);
  const statementSchedule = input.statementSchedule ?? monthly;
  if (statementSchedule.frequency === 'WEEKLY' && statementSchedule.day !== 'CONTRACT_START') {
    return refuse('weekly_needs_contract_start', ['usageStatementSchedule', 'day']);
  }
  const terms = netPaymentTermsDays ?? 0;
  if (terms < 0 || terms > paymentTermsDaysMax) {
    return refuse('payment_terms_invalid', ['netPaymentTermsDays']);
  }
  const overrideRefused = refuseOverrides(input.overrides, facts.products);
  if (overrideRefused !== undefined) return overrideRefused;
  const term = { contractId, currency: card.currency, startingAt, endingBefore };
  const scheduledCharges = scheduleCharges(term, input.scheduledCharges, facts.products);
  if ('refused' in scheduledCharges) return scheduledCharges;
  return {
    type: 'ContractCreated',
    ...term,
    customerId: input.customerId,
    rateCardId: card.rateCardId,
    name: input.name,
    overrides: input.overrides,
    scheduledCharges,
    statementSchedule,
    netPaymentTermsDays,
    createdAt: now,
  };
}
