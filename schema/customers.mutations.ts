import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { type BillingConfig } from '../src/customers/events.ts';
import { settled } from './answers.ts';
import { type Context } from './context.ts';
import {
  ArchiveCustomerInput,
  CreateCustomerInput,
  SetBillingConfigInput,
  SetIngestAliasesInput,
  type BillingConfigInput,
} from './customers.inputs.ts';
import { CustomerPayload, customerNode } from './customers.types.ts';
import { inputError } from './errors.ts';

@Resolver()
export class CustomerMutations {
  @Authorized('admin')
  @Mutation(() => CustomerPayload, { nullable: true, description: 'Signs up a customer.' })
  async createCustomer(
    @Arg('input', () => CreateCustomerInput) input: CreateCustomerInput,
    @Ctx() context: Context,
  ): Promise<CustomerPayload> {
    const customer = {
      name: input.name,
      ingestAliases: input.ingestAliases ?? [],
      billingConfig: billingConfigFrom(input.billingConfig),
    };
    const create = { input: customer, idempotencyKey: input.idempotencyKey ?? null };
    return answer(context, context.engine.createCustomer(create, context.caller));
  }

  @Authorized('admin')
  @Mutation(() => CustomerPayload, {
    nullable: true,
    description:
      'Sets the names under which usage of the customer may come in; only usage recorded afterwards moves.',
  })
  async setIngestAliases(
    @Arg('input', () => SetIngestAliasesInput) input: SetIngestAliasesInput,
    @Ctx() context: Context,
  ): Promise<CustomerPayload> {
    const { customerId, ingestAliases } = input;
    return answer(
      context,
      context.engine.setIngestAliases({ customerId, ingestAliases }, context.caller),
    );
  }

  @Authorized('admin')
  @Mutation(() => CustomerPayload, {
    nullable: true,
    description: "Sets how the customer's invoices are collected.",
  })
  async setBillingConfig(
    @Arg('input', () => SetBillingConfigInput) input: SetBillingConfigInput,
    @Ctx() context: Context,
  ): Promise<CustomerPayload> {
    if (input.billingConfig === undefined) throw inputError('field_required', ['billingConfig']);
    const billingConfig = billingConfigFrom(input.billingConfig);
    const command = { customerId: input.customerId, billingConfig };
    return answer(context, context.engine.setBillingConfig(command, context.caller));
  }

  @Authorized('admin')
  @Mutation(() => CustomerPayload, {
    nullable: true,
    description:
      'Closes a customer without open contracts or drafts. It keeps its aliases; usage is still recorded.',
  })
  async archiveCustomer(
    @Arg('input', () => ArchiveCustomerInput) { customerId }: ArchiveCustomerInput,
    @Ctx() context: Context,
  ): Promise<CustomerPayload> {
    return answer(context, context.engine.archiveCustomer({ customerId }, context.caller));
  }
}

async function answer(
  context: Context,
  outcome: ReturnType<Context['engine']['createCustomer']>,
): Promise<CustomerPayload> {
  const { customerId } = await settled(context, outcome);
  const customer = await context.loaders.customer.load(customerId);
  return {
    customer: customerNode(present(customer, 'a customer just recorded is found'), context),
  };
}

const billingConfigFrom = (input: BillingConfigInput | null | undefined): BillingConfig | null =>
  input
    ? {
        provider: input.provider,
        providerCustomerId: input.providerCustomerId,
        collectionMethod: input.collectionMethod,
      }
    : null;
