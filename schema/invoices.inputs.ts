import { Field, ID, InputType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { InvoiceStatus, InvoiceType } from './invoices.types.ts';
import { DateTimeScalar } from './scalars.ts';

@InputType({
  description:
    'All given conditions must hold: one of statuses, one of types, and a periodStart in [startingAt, endingBefore).',
})
export class InvoiceFilterInput {
  @Field(() => [InvoiceStatus], { nullable: true })
  statuses?: readonly (keyof typeof InvoiceStatus)[] | null;
  @Field(() => [InvoiceType], { nullable: true })
  types?: readonly (keyof typeof InvoiceType)[] | null;
  @Field(() => ID, { nullable: true })
  contractId?: string | null;
  @Field(() => DateTimeScalar, { nullable: true })
  startingAt?: Instant | null;
  @Field(() => DateTimeScalar, { nullable: true })
  endingBefore?: Instant | null;
}
