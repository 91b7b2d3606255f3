import { Field, ID, Int, ObjectType } from 'type-graphql';
import { type UsageInclusion } from '../src/audit/usage-proof.ts';
import { present } from '../src/kernel/invariant.ts';
import { leafOf } from '../src/kernel/merkle.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { DomainEvent, domainEventNode } from './audit.types.ts';
import { SafeIntScalar } from './scalars.ts';

@ObjectType({
  description:
    'An event as the log keeps it, to the byte. Its digest is SHA-256 of a zero byte and ' +
    '{"data":<data>,"id":"<id>","metadata":<metadata>,"revision":<revision>,"stream":"<stream>","type":"<type>"}.',
})
export class StoredEvent {
  @Field(() => String)
  stream: string;
  @Field(() => Int)
  revision: number;
  @Field(() => ID)
  id: string;
  @Field(() => String)
  type: string;
  @Field(() => String, { description: 'JSON.' })
  data: string;
  @Field(() => String, { description: 'JSON.' })
  metadata: string;
  @Field(() => String, { description: '64 hexadecimal digits.' })
  digest: string;
}

@ObjectType({
  description:
    'That an invoice was computed from the event in which usage was recorded. `paygo verify-proof` checks it from a ' +
    'file, without a server.',
})
export class UsageProof {
  @Field(() => ID)
  invoiceId: string;
  @Field(() => ID)
  transactionId: string;
  @Field(() => String, {
    description:
      "Of the tree of all events that the invoice covers; it stands in the invoice's data.",
  })
  root: string;
  @Field(() => SafeIntScalar, { description: "The event's place among the leaves, from 0." })
  leafIndex: number;
  @Field(() => SafeIntScalar, { description: 'How many leaves the tree has.' })
  treeSize: number;
  @Field(() => [String], {
    description:
      'The digests that the leaf is joined with on the way to the root, as in RFC 6962: a node is SHA-256 of a byte ' +
      'that is one, its left and its right.',
  })
  path: readonly string[];
  @Field(() => Int, { description: "Which of the event's lines it is, from 0." })
  line: number;
  @Field(() => DomainEvent)
  event: DomainEvent;
  @Field(() => StoredEvent, { description: 'The same event, as it is stored.' })
  batch: StoredEvent;
  @Field(() => StoredEvent, {
    description:
      "The invoice's InvoiceFinalized; its digest stands in the contract's next invoice.",
  })
  invoice: StoredEvent;
}

export const usageProofNode = (
  transactionId: string,
  { invoice, root, index, size, path, recorded, line }: UsageInclusion,
): UsageProof => ({
  ...{ invoiceId: invoice.event.invoiceId, transactionId, root, path, line },
  leafIndex: index,
  treeSize: size,
  event: domainEventNode(recorded),
  batch: storedEvent(recorded),
  invoice: storedEvent(invoice),
});

function storedEvent({ stream, revision, id, stored }: Recorded): StoredEvent {
  const texts = present(stored, 'it was read with its texts');
  const digest = leafOf({ stream, revision, id, stored: texts });
  return { stream, revision, id, ...texts, digest };
}
