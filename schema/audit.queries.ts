import { Arg, Authorized, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { parseInvoiceId } from '../src/contracts/invoice-id.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { present } from '../src/kernel/invariant.ts';
import { wellFormed } from '../src/kernel/names.ts';
import type { InvoiceView } from '../projections/drafts.ts';
import type { DraftReplay } from '../projections/past-draft.ts';
import { maySee } from './access.ts';
import { answerWithinMs, reached } from './answers.ts';
import {
  type DomainEvent,
  DomainEventConnection,
  domainEventNode,
  InvoiceReplay,
} from './audit.types.ts';
import { type Context } from './context.ts';
import { edgeError } from './errors.ts';
import { invoiceNode } from './invoices.types.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { LogPositionScalar } from './scalars.ts';
import { UsageProof, usageProofNode } from './usage-proof.types.ts';

@Resolver()
export class AuditQueries {
  @Authorized('read', 'customer')
  @Query(() => DomainEventConnection, {
    nullable: true,
    description:
      'Everything that was recorded about a customer, its contracts, usage and invoices, oldest first. types: ' +
      'only events of these types. A page has fewer events than first where they are very long. ' +
      'minPosition: as for invoice.',
  })
  async billingHistory(
    @Arg('customerId', () => ID) customerId: string,
    @Arg('types', () => [String], { nullable: true }) types: readonly string[] | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 100 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<DomainEvent>> {
    const page = pageRequest(first, after, 100);
    await reached(context, minPosition);
    const customer =
      maySee(context, customerId) && (await context.loaders.customer.load(customerId));
    if (!customer) throw edgeError('customer_not_found', ['customerId']);
    const request = { customerId, types: types ?? null, ...page };
    return connection(await context.views.audit.billingHistory(request), domainEventNode);
  }

  @Authorized('read', 'customer')
  @Query(() => InvoiceReplay, {
    nullable: true,
    description:
      'A finalized invoice, void ones too, computed again from the log up to its position, through none of the ' +
      'read models; or a draft as it is now, up to its. null when there is no such invoice.',
  })
  async replayInvoice(
    @Arg('id', () => ID) id: string,
    @Ctx() context: Context,
  ): Promise<InvoiceReplay | null> {
    const { views, loaders } = context;
    if (!(await maySeeInvoice(context, id))) return null;
    const replay = await views.audit.replayInvoice(id);
    if (replay === null) return replayOfDraft(id, context);
    await views.waitForMain(replay.stored.position, answerWithinMs);
    const stored = present(await loaders.invoice.load(id), 'what is finalized is folded');
    return replayNode(stored, replay, context);
  }

  @Authorized('read', 'customer')
  @Query(() => UsageProof, {
    nullable: true,
    description:
      'That the usage with this transactionId, as it was recorded, is among what the finalized invoice was computed ' +
      'from. null when it is not, when there is no such invoice, and for invoices from before there were proofs.',
  })
  async usageProof(
    @Arg('invoiceId', () => ID) invoiceId: string,
    @Arg('transactionId', () => ID) transactionId: string,
    @Ctx() context: Context,
  ): Promise<UsageProof | null> {
    if (!(await maySeeInvoice(context, invoiceId))) return null;
    const id = wellFormed(transactionId);
    const proof = await context.views.audit.usageProof(invoiceId, id);
    return proof && usageProofNode(id, proof);
  }
}

async function maySeeInvoice(context: Context, invoiceId: string): Promise<boolean> {
  const contractId = parseInvoiceId(invoiceId)?.contractId;
  if (contractId === undefined) return false;
  const contract = await context.loaders.contract.load(contractId);
  return contract !== null && maySee(context, contract.customerId);
}

async function replayOfDraft(id: string, context: Context): Promise<InvoiceReplay | null> {
  const { views, loaders, clock } = context;
  const now = clock.now();
  const draft = await loaders.invoice.load(id);
  return draft && replayNode(draft, await views.audit.replayDraft(draft, now), context);
}

function replayNode(
  stored: InvoiceView,
  { replayed, differences, eventsReplayed }: DraftReplay,
  context: Context,
): InvoiceReplay {
  const content = asReplay(replayed);
  const preview: InvoiceView = { ...stored, invoiceId: content.invoiceId, content };
  return {
    matches: differences.length === 0,
    stored: invoiceNode(stored, context),
    replayed: Object.assign(invoiceNode(preview, context), { preview }),
    differences,
    eventsReplayed,
  };
}

/** Another object than the stored invoice, to whoever keys on ids. */
const asReplay = (content: InvoiceContent): InvoiceContent => ({
  ...content,
  invoiceId: `${content.invoiceId}@replay`,
  lines: content.lines.map((line) => ({ ...line, lineId: `${line.lineId}@replay` })),
});
