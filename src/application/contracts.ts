import { type Instant } from '../kernel/calendar.ts';
import { isRefused, type Refused } from '../kernel/decider.ts';
import { contracts } from '../contracts/decider.ts';
import { type CustomerContracts } from '../contracts/contract.ts';
import {
  type CardFacts,
  type ContractCommand,
  type ContractFacts,
  type ContractInput,
  type CreateContract,
} from '../contracts/commands.ts';
import { contractsStream } from '../contracts/events.ts';
import { rateCardNaming } from './catalog.ts';
import { claimant } from './claims.ts';
import { outcome, type Engine } from './engine.ts';
import { cardFact, cardHoldsAlias, customerFact, productFacts } from './facts.ts';
import { handle, load, type Deps, type Handled } from './handle.ts';
import { beginCreate, type Creation } from './idempotency.ts';
import { type Caller } from './ports.ts';

type ContractEngine = Pick<Engine, 'createContract' | 'updateContractEndDate' | 'changePlan'>;

export const contractCommands = (deps: Deps): ContractEngine => ({
  async createContract(create, by) {
    const creation = await beginCreate(deps, 'contract', 'createContract', create, by);
    if ('refused' in creation) return creation;
    const handled = await recordContract(deps, creation, create.input, by);
    return outcome(handled, { contractId: creation.id });
  },

  async updateContractEndDate({ customerId, contractId, endingBefore }, by) {
    const handled = await handle(deps, contracts, contractsStream(customerId), by, {
      command: async (state, now): Promise<ContractCommand> => ({
        type: 'UpdateEndDate',
        contractId,
        endingBefore,
        facts: { cards: await cardsOf(deps, state, null) },
        now,
      }),
    });
    return outcome(handled, { contractId });
  },

  async changePlan(create, by) {
    const creation = await beginCreate(deps, 'contract', 'changePlan', create, by);
    if ('refused' in creation) return creation;
    const { id: contractId, bindKey } = creation;
    const { fromContractId, contract } = create.input;
    const asked = await contractAsked(deps, contract);
    const handled = await handle(deps, contracts, contractsStream(contract.customerId), by, {
      command: async (state, now): Promise<ContractCommand> => ({
        type: 'ChangePlan',
        contractId,
        fromContractId,
        ...(await asked(state, now)),
      }),
      beforeAppend: bindKey,
    });
    return outcome(handled, { endedContractId: fromContractId, startedContractId: contractId });
  },
});

/** Puts the contract in the log. */
export async function recordContract(
  deps: Deps,
  { id: contractId, bindKey }: Creation,
  input: ContractInput,
  by: Caller,
): Promise<Handled | Refused<string>> {
  const asked = await contractAsked(deps, input);
  return handle(deps, contracts, contractsStream(input.customerId), by, {
    command: async (state, now): Promise<ContractCommand> => ({
      type: 'CreateContract',
      contractId,
      ...(await asked(state, now)),
    }),
    beforeAppend: bindKey,
  });
}

/** Why recordContract would refuse once its customer is there; looks only. */
export async function refuseContract(
  deps: Deps,
  contractId: string,
  input: ContractInput,
): Promise<Refused<string> | undefined> {
  const { customerId } = input;
  const asked = await contractAsked(deps, input);
  const { state } = await load(deps.log, contracts, contractsStream(customerId));
  const { facts, ...rest } = await asked(state, deps.clock.now());
  const customer = facts.customer ?? { customerId, archived: false };
  const decision = contracts.decide(
    { type: 'CreateContract', contractId, ...rest, facts: { ...facts, customer } },
    state,
  );
  return isRefused(decision) ? decision : undefined;
}

/**
 * What the decision needs beside the ids; products and the card never change, the customer's other
 * cards may.
 */
async function contractAsked(deps: Deps, input: ContractInput) {
  const products = await productFacts(deps, [
    ...input.overrides.flatMap((override) => override.productIds ?? []),
    ...input.scheduledCharges.map((charge) => charge.productId),
  ]);
  return async (
    state: CustomerContracts,
    now: Instant,
  ): Promise<Pick<CreateContract, 'input' | 'card' | 'facts' | 'now'>> => {
    const customer = await customerFact(deps, input.customerId);
    const card = await cardAsked(deps, input);
    const facts: ContractFacts = { cards: await cardsOf(deps, state, card), products, customer };
    return { input, card, facts, now };
  };
}

async function cardAsked(
  deps: Deps,
  { rateCardId, rateCardAlias }: ContractInput,
): Promise<CardFacts | null> {
  if (rateCardId !== null) return cardFact(deps, rateCardId);
  if (rateCardAlias === null) return null;
  const holder = await claimant(deps, rateCardNaming(deps), rateCardAlias);
  if (holder === null || !(await cardHoldsAlias(deps, holder, rateCardAlias))) return null;
  return cardFact(deps, holder);
}

async function cardsOf(
  deps: Deps,
  state: CustomerContracts,
  asked: CardFacts | null,
): Promise<ContractFacts['cards']> {
  const ids = new Set(state.contracts.map((contract) => contract.rateCardId));
  const cards = await Promise.all([...ids].map((rateCardId) => cardFact(deps, rateCardId)));
  return Object.fromEntries(
    [...cards, asked].filter((card) => card !== null).map((card) => [card.rateCardId, card]),
  );
}
