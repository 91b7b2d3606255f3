import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Customer as CustomerRow } from '../projections/customers.ts';
import { seenIn } from './as-of.ts';
import { type Context } from './context.ts';
import { connectionOf } from './paging.ts';
import { DateTimeScalar } from './scalars.ts';

export const BillingProvider = { STRIPE: 'STRIPE' } as const;
registerEnumType(BillingProvider, {
  name: 'BillingProvider',
  description: 'Who collects the money.',
});

export const CollectionMethod = {
  CHARGE_AUTOMATICALLY: 'CHARGE_AUTOMATICALLY',
  SEND_INVOICE: 'SEND_INVOICE',
} as const;
registerEnumType(CollectionMethod, {
  name: 'CollectionMethod',
  description: 'Charge the payment method on file, or send the invoice for the customer to pay.',
});

@ObjectType({ description: "How a customer's invoices are collected." })
export class BillingConfig {
  @Field(() => BillingProvider)
  provider: keyof typeof BillingProvider;
  @Field(() => String, { description: "The customer's id at the provider." })
  providerCustomerId: string;
  @Field(() => CollectionMethod)
  collectionMethod: keyof typeof CollectionMethod;
}

@ObjectType({ description: 'Who uses and pays.' })
export class Customer {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
  @Field(() => [String], { description: 'Names under which usage may come in, beside the id.' })
  ingestAliases: readonly string[];
  @Field(() => BillingConfig, { nullable: true })
  billingConfig: BillingConfig | null;
  @Field(() => DateTimeScalar)
  createdAt: Instant;
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'null while the customer is active.',
  })
  archivedAt: Instant | null;
  world?: Context;
}

export const CustomerConnection = connectionOf(Customer, 'Customer', { counted: true });

@ObjectType({ description: 'The customer, as it is now.' })
export class CustomerPayload {
  @Field(() => Customer)
  customer: Customer;
}

export const customerNode = (customer: CustomerRow, world: Context): Customer =>
  seenIn(world, {
    id: customer.customerId,
    name: customer.name,
    ingestAliases: customer.ingestAliases,
    billingConfig: customer.billingConfig,
    createdAt: customer.createdAt,
    archivedAt: customer.archivedAt,
  });
