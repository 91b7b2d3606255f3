import { z } from 'zod';
import { leafOf, rootFrom } from '../kernel/merkle.ts';
import { wellFormed } from '../kernel/names.ts';
import { grouped } from './progress.ts';

const stored = z.object({
  stream: z.string(),
  revision: z.int(),
  id: z.string(),
  type: z.string(),
  data: z.string(),
  metadata: z.string(),
  digest: z.string(),
});
const usageProof = z.object({
  invoiceId: z.string(),
  transactionId: z.string(),
  root: z.string(),
  leafIndex: z.int(),
  treeSize: z.int(),
  path: z.array(z.string()),
  line: z.int(),
  batch: stored,
  invoice: stored,
});
const file = z.union([
  z.object({ data: z.object({ usageProof }) }).transform(({ data }) => data.usageProof),
  z.object({ usageProof }).transform((data) => data.usageProof),
  usageProof,
]);

type UsageProof = z.infer<typeof usageProof>;

const usageData = z.object({ lines: z.array(z.object({ transactionId: z.string() })) });
const invoiceData = z.object({
  invoiceId: z.string(),
  proof: z.object({
    usage: z.object({
      root: z.string(),
      events: z.int(),
      elsewhere: z
        .array(z.object({ stream: z.string(), revision: z.int(), lines: z.array(z.int()) }))
        .nullable(),
    }),
  }),
});

export type ProofVerdict = {
  /** What it proves, in words. */
  readonly said: readonly string[];
  /** What does not hold; empty: it proves it. */
  readonly faults: readonly string[];
};

/** Checks an answer of usageProof as it was saved, from nothing but what it says. */
export function verifyProof(text: string): ProofVerdict {
  const parsed = file.safeParse(jsonIn(text));
  if (!parsed.success) {
    const fault =
      'the file holds no answer of usageProof: ask for its fields as docs/audit.md does';
    return { said: [], faults: [fault] };
  }
  const proof = parsed.data;
  const faults = faultsIn(proof);
  if (faults.length > 0) return { said: [], faults };
  const { transactionId, invoiceId, batch, invoice, leafIndex, treeSize, line } = proof;
  const place = `${batch.stream}@${String(batch.revision)}`;
  return {
    said: [
      `${transactionId} is line ${String(line)} of ${place}, event ${grouped(leafIndex + 1)} of the ${grouped(treeSize)} that ${invoiceId} covers`,
      `the digest of the invoice, ${invoice.stream}@${String(invoice.revision)}, is ${invoice.digest}`,
    ],
    faults,
  };
}

function faultsIn(proof: UsageProof): readonly string[] {
  const { invoiceId, transactionId, root, leafIndex: index, treeSize: size, path } = proof;
  const leaf = digestOf(proof.batch);
  const lines = usageData.safeParse(jsonIn(proof.batch.data)).data?.lines ?? [];
  const id = lines[proof.line]?.transactionId;
  const said = invoiceData.safeParse(jsonIn(proof.invoice.data)).data;
  const checks: readonly (readonly [holds: boolean, fault: string])[] = [
    [proof.batch.type === 'UsageRecorded', 'the event is no UsageRecorded'],
    [
      id !== undefined && wellFormed(id) === transactionId,
      `line ${String(proof.line)} of the event is not that of ${transactionId}`,
    ],
    [leaf === proof.batch.digest, `the event has another digest: ${leaf}`],
    [
      rootFrom(leaf, { index, size, path }) === root,
      'the path does not lead from the event to the root',
    ],
    [proof.invoice.type === 'InvoiceFinalized', 'the invoice is no InvoiceFinalized'],
    [said?.invoiceId === invoiceId, `the stored invoice is not ${invoiceId}`],
    [said?.proof.usage.root === root, 'the stored invoice has another root'],
    [said?.proof.usage.events === size, 'the stored invoice covers another number of events'],
    [
      said?.proof.usage.elsewhere?.some((one) => isOf(proof, one)) !== true,
      'the invoice did not count that line: its transactionId was recorded first elsewhere',
    ],
    [
      digestOf(proof.invoice) === proof.invoice.digest,
      `the stored invoice has another digest: ${digestOf(proof.invoice)}`,
    ],
  ];
  return checks.flatMap(([holds, fault]) => (holds ? [] : [fault]));
}

type Uncounted = NonNullable<z.infer<typeof invoiceData>['proof']['usage']['elsewhere']>[number];

const isOf = ({ batch, line }: UsageProof, { stream, revision, lines }: Uncounted): boolean =>
  batch.stream === stream && batch.revision === revision && lines.includes(line);

const digestOf = ({ stream, revision, id, type, data, metadata }: UsageProof['batch']): string =>
  leafOf({ stream, revision, id, stored: { type, data, metadata } });

/** undefined: it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
