import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { decimal, isZero } from '../src/kernel/decimal.ts';
import { Unavailable } from '../src/application/ports.ts';
import type { InvoiceView } from '../projections/drafts.ts';
import { maySee } from './access.ts';
import { reached } from './answers.ts';
import { Product } from './catalog.types.ts';
import { productOf } from './catalog.queries.ts';
import { type Context } from './context.ts';
import { customerOf } from './contracts.queries.ts';
import { Contract, contractOf } from './contracts.types.ts';
import { Customer } from './customers.types.ts';
import { invoicePage } from './invoice-page.ts';
import { InvoiceFilterInput } from './invoices.inputs.ts';
import {
  Invoice,
  InvoiceConnection,
  InvoiceLineItem,
  invoiceNode,
  lineItemNode,
} from './invoices.types.ts';
import { Money, moneyOf } from './money.types.ts';
import { pageRequest, type Connection } from './paging.ts';
import { DateTimeScalar, LogPositionScalar } from './scalars.ts';

@Resolver(() => InvoiceLineItem)
export class InvoiceLineItemQueries {
  @FieldResolver(() => Product)
  product(@Root() { productId }: InvoiceLineItem, @Ctx() context: Context): Promise<Product> {
    return productOf(productId, context);
  }
}

@Resolver(() => Invoice)
export class InvoiceQueries {
  @Authorized('read', 'customer')
  @Query(() => Invoice, {
    nullable: true,
    description:
      'minPosition: waits up to 30 s, then an error with code TIMEOUT, until the read models have reached that position.',
  })
  async invoice(
    @Arg('id', () => ID) id: string,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Invoice | null> {
    await reached(context, minPosition);
    const invoice = await context.loaders.invoice.load(id);
    return invoice && maySee(context, invoice.customerId) ? invoiceNode(invoice) : null;
  }

  @Authorized('read', 'customer')
  @Query(() => InvoiceConnection, {
    nullable: true,
    description:
      'Final and void ones, and drafts of periods that have begun; none of the future. Newest periodStart ' +
      'first, then SCHEDULED before USAGE, then id.\nminPosition: as for invoice.',
  })
  async invoices(
    @Arg('customerId', () => ID, { nullable: true }) customerId: string | null | undefined,
    @Arg('filter', () => InvoiceFilterInput, { nullable: true })
    filter: InvoiceFilterInput | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Invoice>> {
    const page = pageRequest(first, after, 50);
    await reached(context, minPosition);
    return invoicePage(context, { customerId: customerId ?? null, filter }, page);
  }

  @FieldResolver(() => Customer)
  customer(@Root() { customerId }: Invoice, @Ctx() context: Context): Promise<Customer> {
    return customerOf(customerId, context);
  }

  @FieldResolver(() => Contract)
  contract(@Root() { contractId }: Invoice, @Ctx() context: Context): Promise<Contract> {
    return contractOf(contractId, context);
  }

  @FieldResolver(() => [InvoiceLineItem], {
    description:
      'All of them. Lines whose quantity and amount are both zero are left out unless asked for.',
  })
  async lineItems(
    @Root() { id, currency }: Invoice,
    @Arg('includeZero', () => Boolean, { defaultValue: false }) includeZero: boolean,
    @Ctx() context: Context,
  ): Promise<readonly InvoiceLineItem[]> {
    const { content } = await viewOf(id, context);
    return content.lines
      .filter(({ quantity, amount }) => includeZero || !bothZero(quantity, amount))
      .map((line) => lineItemNode(line, currency));
  }

  @FieldResolver(() => Money, {
    description:
      "Sum of the line items' amounts, each rounded half away from zero to the minor unit.",
  })
  async total(@Root() { id, currency }: Invoice, @Ctx() context: Context): Promise<Money> {
    const { content } = await viewOf(id, context);
    return moneyOf(content.total, currency);
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: 'null while the invoice is a draft.',
  })
  async issuedAt(
    @Root() { id, status }: Invoice,
    @Ctx() context: Context,
  ): Promise<Instant | null> {
    return status === 'DRAFT' ? null : (await viewOf(id, context)).issuedAt;
  }

  @FieldResolver(() => LogPositionScalar, {
    description:
      "The log position through which this invoice's figures were computed. Replaying to it gives the same invoice.",
  })
  async position(@Root() { id }: Invoice, @Ctx() context: Context): Promise<bigint> {
    return (await viewOf(id, context)).position;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Its place among all issued invoices, from 1, without gaps; null while it is a draft.',
  })
  async number(@Root() { id }: Invoice, @Ctx() context: Context): Promise<number | null> {
    return (await viewOf(id, context)).number;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why it was voided, if somebody said so.',
  })
  async voidReason(@Root() { id }: Invoice, @Ctx() context: Context): Promise<string | null> {
    return (await viewOf(id, context)).voidReason;
  }

  @FieldResolver(() => Int, { description: 'Days from issue until it is due.' })
  async daysUntilDue(@Root() { id }: Invoice, @Ctx() context: Context): Promise<number> {
    return (await viewOf(id, context)).content.daysUntilDue;
  }
}

/**
 * The invoice with its figures. A draft may cease to be between the reading of a list and of its
 * figures.
 */
async function viewOf(id: string, { loaders }: Context): Promise<InvoiceView> {
  const view = await loaders.invoice.load(id);
  if (view === null) throw new Unavailable(`invoice ${id} went away while it was read`);
  return view;
}

const bothZero = (quantity: string, amount: string): boolean =>
  isZero(decimal(quantity)) && isZero(decimal(amount));
