import { Field, ID, InputType } from 'type-graphql';
import { BillingProvider, CollectionMethod } from './customers.types.ts';

@InputType({ description: "How a customer's invoices are collected." })
export class BillingConfigInput {
  @Field(() => BillingProvider)
  provider: keyof typeof BillingProvider;
  @Field(() => String, { description: "The customer's id at the provider." })
  providerCustomerId: string;
  @Field(() => CollectionMethod, { defaultValue: 'CHARGE_AUTOMATICALLY' })
  collectionMethod: keyof typeof CollectionMethod;
}

@InputType({ description: 'A customer to sign up.' })
export class CreateCustomerInput {
  @Field(() => String)
  name: string;
  @Field(() => [String], {
    nullable: true,
    description:
      'Names under which usage may come in, beside the id. Each is held by one customer only.',
  })
  ingestAliases?: readonly string[] | null;
  @Field(() => BillingConfigInput, { nullable: true })
  billingConfig?: BillingConfigInput | null;
  @Field(() => ID, {
    nullable: true,
    description:
      'Sent again with the same input, it gives the first result; with other input, CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType({
  description:
    "Replaces the whole set. An alias that another customer holds, or that is a customer's id, is refused with CONFLICT.",
})
export class SetIngestAliasesInput {
  @Field(() => ID)
  customerId: string;
  @Field(() => [String])
  ingestAliases: readonly string[];
}

@InputType({ description: "A change of how a customer's invoices are collected." })
export class SetBillingConfigInput {
  @Field(() => ID)
  customerId: string;
  @Field(() => BillingConfigInput, {
    nullable: true,
    description: 'null removes it. Must be sent: leaving it out is refused.',
  })
  billingConfig?: BillingConfigInput | null;
}

@InputType({ description: 'A customer to close.' })
export class ArchiveCustomerInput {
  @Field(() => ID)
  customerId: string;
}
