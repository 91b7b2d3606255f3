import { Arg, Authorized, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { settled } from './answers.ts';
import { type Context } from './context.ts';
import { contractTermsFrom } from './contract-terms.ts';
import { Contract, contractOf } from './contracts.types.ts';
import { Customer, customerNode } from './customers.types.ts';
import { SignUpCustomerInput } from './sign-up.inputs.ts';

@ObjectType({ description: 'The customer and its contract, as they are now.' })
export class SignUpCustomerPayload {
  @Field(() => Customer)
  customer: Customer;
  @Field(() => Contract)
  contract: Contract;
}

@Resolver()
export class SignUpMutations {
  @Authorized('admin')
  @Mutation(() => SignUpCustomerPayload, {
    nullable: true,
    description:
      'Creates the customer in Stripe, unless it is there already, then here, then its contract: one step, to be ' +
      'sent again with the same input until it is answered. What is refused leaves nothing in Stripe.',
  })
  async signUpCustomer(
    @Arg('input', () => SignUpCustomerInput) input: SignUpCustomerInput,
    @Ctx() context: Context,
  ): Promise<SignUpCustomerPayload> {
    const signUp = {
      input: {
        name: input.name,
        email: input.email ?? null,
        ingestAliases: input.ingestAliases ?? [],
        stripeCustomerId: input.stripeCustomerId ?? null,
        collectionMethod: input.collectionMethod,
        contract: contractTermsFrom(input.contract, ['contract']),
      },
      idempotencyKey: input.idempotencyKey,
    };
    const { customerId, contractId } = await settled(
      context,
      context.engine.signUpCustomer(signUp, context.caller),
    );
    const customer = await context.loaders.customer.load(customerId);
    return {
      customer: customerNode(present(customer, 'a customer just recorded is found'), context),
      contract: await contractOf(contractId, context),
    };
  }
}
