import { Field, ID, InputType } from 'type-graphql';
import { SignUpContractInput } from './contracts.inputs.ts';
import { CollectionMethod } from './customers.types.ts';

@InputType({ description: 'A customer, at the payment provider and here, with its contract.' })
export class SignUpCustomerInput {
  @Field(() => String)
  name: string;
  @Field(() => String, {
    nullable: true,
    description:
      'Of the customer that is created in Stripe: needed for that, and not used with stripeCustomerId.',
  })
  email?: string | null;
  @Field(() => [String], {
    nullable: true,
    description:
      'Names under which usage may come in, beside the id. Each is held by one customer only.',
  })
  ingestAliases?: readonly string[] | null;
  @Field(() => String, {
    nullable: true,
    description: 'A customer that Stripe knows already; left out, one is created there.',
  })
  stripeCustomerId?: string | null;
  @Field(() => CollectionMethod, { defaultValue: 'CHARGE_AUTOMATICALLY' })
  collectionMethod: keyof typeof CollectionMethod;
  @Field(() => SignUpContractInput)
  contract: SignUpContractInput;
  @Field(() => ID, {
    description:
      'Stands for the whole sign-up. Sent again with the same input, it goes on where it was interrupted, or ' +
      'gives the first result; with other input, CONFLICT.',
  })
  idempotencyKey: string;
}
