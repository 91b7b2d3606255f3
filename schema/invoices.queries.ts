import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { decimal, isZero } from '../src/kernel/decimal.ts';
import { Unavailable } from '../src/application/ports.ts';
import type { InvoiceView } from '../projections/drafts.ts';
import { maySee } from './access.ts';
import { reached } from './answers.ts';
import { AsOfInput, worldAsked, worldOf } from './as-of.ts';
import { Product } from './catalog.types.ts';
import { productOf } from './catalog.queries.ts';
import { type Context } from './context.ts';
import { customerOf } from './contracts.queries.ts';
import { Contract, contractOf } from './contracts.types.ts';
import { Customer } from './customers.types.ts';
import { refusalError, rejectionError } from './errors.ts';
import { invoicePage } from './invoice-page.ts';
import { InvoiceFilterInput } from './invoices.inputs.ts';
import {
  ExternalInvoice,
  externalNode,
  Invoice,
  InvoiceConnection,
  InvoiceLineItem,
  invoiceNode,
  lineItemNode,
} from './invoices.types.ts';
import { Money, moneyOf } from './money.types.ts';
import { pageRequest, type Connection } from './paging.ts';
import { DateTimeScalar, LogPositionScalar } from './scalars.ts';
import { UsageEventInput, usageFrom } from './usage.inputs.ts';

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
      'minPosition: waits up to 30 s, then an error with code TIMEOUT, until the read models have reached that position. ' +
      'asOf: the invoice as the log knew it then; null when there was none.',
  })
  async invoice(
    @Arg('id', () => ID) id: string,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Invoice | null> {
    const world = await worldAsked(context, asOf, minPosition);
    const invoice = await world.loaders.invoice.load(id);
    return invoice && maySee(context, invoice.customerId) ? invoiceNode(invoice, world) : null;
  }

  @Authorized('read', 'customer')
  @Query(() => InvoiceConnection, {
    nullable: true,
    description:
      'Final and void ones, and drafts of periods that have begun; none of the future. Newest periodStart ' +
      'first, then SCHEDULED before USAGE, then id.\nminPosition: as for invoice. asOf: those that there were ' +
      'then, as they were, of a customer or a contract.',
  })
  async invoices(
    @Arg('customerId', () => ID, { nullable: true }) customerId: string | null | undefined,
    @Arg('filter', () => InvoiceFilterInput, { nullable: true })
    filter: InvoiceFilterInput | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Invoice>> {
    const page = pageRequest(first, after, 50);
    const world = await worldAsked(context, asOf, minPosition);
    return invoicePage(world, { customerId: customerId ?? null, filter }, page);
  }

  @Authorized('read', 'customer')
  @Query(() => Invoice, {
    nullable: true,
    description:
      'The draft as it would be with these events added, as they would be recorded now; nothing is recorded. An ' +
      'event that recordUsage would reject refuses the preview; one that counts nowhere, or was recorded before, ' +
      'changes nothing. null when there would be no draft. The id of a preview, and of its lines, ends in ' +
      '@preview-<what was added>.',
  })
  async previewInvoice(
    @Arg('contractId', () => ID) contractId: string,
    @Arg('events', () => [UsageEventInput], { nullable: true })
    events: readonly UsageEventInput[] | null | undefined,
    @Arg('invoiceId', () => ID, {
      nullable: true,
      description:
        'One of the open USAGE drafts. Default: that of the period that began last, or of the first one to come.',
    })
    invoiceId: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<Invoice | null> {
    const { engine, views, clock, loaders } = context;
    const contract = await loaders.contract.load(contractId);
    if (!contract || !maySee(context, contract.customerId)) return null;
    const judged = await engine.judgeUsage((events ?? []).map(usageFrom));
    if ('refused' in judged) throw refusalError(judged.refused, []);
    const [faulty] = judged.result.rejected;
    if (faulty !== undefined) throw rejectionError(faulty);
    await reached(context, judged.position);
    const request = { contractId, invoiceId: invoiceId ?? null, lines: judged.result.lines };
    const preview = await views.drafts.preview(request, clock.now());
    return preview === null ? null : Object.assign(invoiceNode(preview, context), { preview });
  }

  @FieldResolver(() => Customer)
  customer(@Root() invoice: Invoice, @Ctx() context: Context): Promise<Customer> {
    return customerOf(invoice.customerId, worldOf(invoice, context));
  }

  @FieldResolver(() => Contract)
  contract(@Root() invoice: Invoice, @Ctx() context: Context): Promise<Contract> {
    return contractOf(invoice.contractId, worldOf(invoice, context));
  }

  @FieldResolver(() => [InvoiceLineItem], {
    description:
      'All of them. Lines whose quantity and amount are both zero are left out unless asked for.',
  })
  async lineItems(
    @Root() invoice: Invoice,
    @Arg('includeZero', () => Boolean, { defaultValue: false }) includeZero: boolean,
    @Ctx() context: Context,
  ): Promise<readonly InvoiceLineItem[]> {
    const { content } = await viewOf(invoice, context);
    return content.lines
      .filter(({ quantity, amount }) => includeZero || !bothZero(quantity, amount))
      .map((line) => lineItemNode(line, invoice.currency, worldOf(invoice, context)));
  }

  @FieldResolver(() => Money, {
    description:
      "Sum of the line items' amounts, each rounded half away from zero to the minor unit.",
  })
  async total(@Root() invoice: Invoice, @Ctx() context: Context): Promise<Money> {
    const { content } = await viewOf(invoice, context);
    return moneyOf(content.total, invoice.currency);
  }

  @FieldResolver(() => DateTimeScalar, {
    nullable: true,
    description: 'null while the invoice is a draft.',
  })
  async issuedAt(@Root() invoice: Invoice, @Ctx() context: Context): Promise<Instant | null> {
    return invoice.status === 'DRAFT' ? null : (await viewOf(invoice, context)).issuedAt;
  }

  @FieldResolver(() => LogPositionScalar, {
    description:
      "The log position through which this invoice's figures were computed. Replaying to it gives the same invoice.",
  })
  async position(@Root() invoice: Invoice, @Ctx() context: Context): Promise<bigint> {
    return (await viewOf(invoice, context)).position;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Its place among all issued invoices, from 1, without gaps; null while it is a draft.',
  })
  async number(@Root() invoice: Invoice, @Ctx() context: Context): Promise<number | null> {
    return (await viewOf(invoice, context)).number;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why it was voided, if somebody said so.',
  })
  async voidReason(@Root() invoice: Invoice, @Ctx() context: Context): Promise<string | null> {
    return (await viewOf(invoice, context)).voidReason;
  }

  @FieldResolver(() => ExternalInvoice, {
    nullable: true,
    description: 'null until the invoice goes to a provider.',
  })
  async external(
    @Root() invoice: Invoice,
    @Ctx() context: Context,
  ): Promise<ExternalInvoice | null> {
    if (invoice.status === 'DRAFT') return null;
    const { loaders } = worldOf(invoice, context);
    const external = await loaders.externalInvoice.load(invoice.id);
    return external && externalNode(external);
  }

  @FieldResolver(() => Int, { description: 'Days from issue until it is due.' })
  async daysUntilDue(@Root() invoice: Invoice, @Ctx() context: Context): Promise<number> {
    return (await viewOf(invoice, context)).content.daysUntilDue;
  }
}

/**
 * The invoice with its figures. A draft may cease to be between the reading of a list and of its
 * figures.
 */
async function viewOf(invoice: Invoice, context: Context): Promise<InvoiceView> {
  const { id, preview } = invoice;
  const view = preview ?? (await worldOf(invoice, context).loaders.invoice.load(id));
  if (view === null) throw new Unavailable(`invoice ${id} went away while it was read`);
  return view;
}

const bothZero = (quantity: string, amount: string): boolean =>
  isZero(decimal(quantity)) && isZero(decimal(amount));
