import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Outcome } from '../src/application/engine.ts';
import { settled } from './answers.ts';
import { type Context } from './context.ts';
import { contractFrom } from './contract-terms.ts';
import {
  ChangePlanInput,
  CreateContractInput,
  UpdateContractEndDateInput,
} from './contracts.inputs.ts';
import { ChangePlanPayload, contractOf, ContractPayload } from './contracts.types.ts';
import { inputError } from './errors.ts';

@Resolver()
export class ContractMutations {
  @Authorized('admin')
  @Mutation(() => ContractPayload, {
    nullable: true,
    description: 'Puts a customer on a rate card.',
  })
  async createContract(
    @Arg('input', () => CreateContractInput) input: CreateContractInput,
    @Ctx() context: Context,
  ): Promise<ContractPayload> {
    const create = { input: contractFrom(input, []), idempotencyKey: input.idempotencyKey ?? null };
    const { contractId } = await settled(
      context,
      context.engine.createContract(create, context.caller),
    );
    return { contract: await contractOf(contractId, context) };
  }

  @Authorized('admin')
  @Mutation(() => ContractPayload, {
    nullable: true,
    description:
      'Moves the end of a contract: drafts are computed anew, and charges from the new end on are dropped.',
  })
  async updateContractEndDate(
    @Arg('input', () => UpdateContractEndDateInput) input: UpdateContractEndDateInput,
    @Ctx() context: Context,
  ): Promise<ContractPayload> {
    const { customerId, contractId: id, endingBefore } = input;
    if (endingBefore === undefined) throw inputError('field_required', ['endingBefore']);
    const { contractId } = await settled(
      context,
      context.engine.updateContractEndDate(
        { customerId, contractId: id, endingBefore },
        context.caller,
      ),
    );
    return { contract: await contractOf(contractId, context) };
  }

  @Authorized('admin')
  @Mutation(() => ChangePlanPayload, {
    nullable: true,
    description: 'Ends one contract and starts the next at the same instant, both or neither.',
  })
  async changePlan(
    @Arg('input', () => ChangePlanInput) { fromContractId, contract }: ChangePlanInput,
    @Ctx() context: Context,
  ): Promise<ChangePlanPayload> {
    const input = { fromContractId, contract: contractFrom(contract, ['contract']) };
    const create = { input, idempotencyKey: contract.idempotencyKey ?? null };
    const { endedContractId, startedContractId } = await settled(
      context,
      context.engine.changePlan(create, context.caller).then(keyOfContract),
    );
    return {
      ended: await contractOf(endedContractId, context),
      started: await contractOf(startedContractId, context),
    };
  }
}

/** The idempotency key of the whole change stands in its contract. */
const keyOfContract = <Result>(outcome: Outcome<Result>): Outcome<Result> =>
  'refused' in outcome && outcome.refused.field?.[0] === 'idempotencyKey'
    ? { refused: { ...outcome.refused, field: ['contract', 'idempotencyKey'] } }
    : outcome;
