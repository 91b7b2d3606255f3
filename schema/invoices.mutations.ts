import { Arg, Authorized, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { settled } from './answers.ts';
import { type Context } from './context.ts';
import { invoiceNode, InvoicePayload } from './invoices.types.ts';

@Resolver()
export class InvoiceMutations {
  @Authorized('admin')
  @Mutation(() => InvoicePayload, {
    nullable: true,
    description:
      'Finalizes now, without waiting for the grace period to pass. The period must be over.',
  })
  async finalizeInvoice(
    @Arg('id', () => ID) invoiceId: string,
    @Ctx() context: Context,
  ): Promise<InvoicePayload> {
    return answer(context, context.engine.finalizeInvoice({ invoiceId }, context.caller));
  }

  @Authorized('admin')
  @Mutation(() => InvoicePayload, {
    nullable: true,
    description:
      'Keeps the invoice readable, with the reason, and opens its period again as a new draft.',
  })
  async voidInvoice(
    @Arg('id', () => ID) invoiceId: string,
    @Arg('reason', () => String, { nullable: true }) reason: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<InvoicePayload> {
    const command = { invoiceId, reason: reason ?? null };
    return answer(context, context.engine.voidInvoice(command, context.caller));
  }

  @Authorized('admin')
  @Mutation(() => InvoicePayload, {
    nullable: true,
    description:
      'Has an invoice that the payment provider refused, or whose withdrawal it refused, sent or withdrawn again.',
  })
  async retryInvoicePush(
    @Arg('id', () => ID) invoiceId: string,
    @Ctx() context: Context,
  ): Promise<InvoicePayload> {
    return answer(context, context.engine.retryInvoicePush({ invoiceId }, context.caller));
  }
}

async function answer(
  context: Context,
  outcome: ReturnType<Context['engine']['finalizeInvoice']>,
): Promise<InvoicePayload> {
  const { invoiceId } = await settled(context, outcome, []);
  const invoice = await context.loaders.invoice.load(invoiceId);
  return { invoice: invoiceNode(present(invoice, 'an invoice just recorded is found'), context) };
}
