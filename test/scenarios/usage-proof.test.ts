import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { called } from '../operations/called.ts';
import { story, type World } from '../support/scenario.ts';

const texts = 'stream revision id type data metadata digest';
const asked = `query ($invoiceId: ID!, $transactionId: ID!) {
  usageProof(invoiceId: $invoiceId, transactionId: $transactionId) {
    invoiceId transactionId root leafIndex treeSize path line
    event { type stream revision data }
    batch { ${texts} }
    invoice { ${texts} }
  }
}`;

type Stored = { stream: string; revision: number; data: string; digest: string };
type Proof = {
  transactionId: string;
  root: string;
  leafIndex: number;
  treeSize: number;
  path: string[];
  line: number;
  batch: Stored;
  invoice: Stored;
};

const proofOf = async (w: World, invoiceId: string, transactionId: string) => {
  const { usageProof } = await w.ask<{ usageProof: Proof | null }>(asked, {
    invoiceId,
    transactionId,
  });
  return usageProof;
};

/** What `paygo verify-proof` says of a file with that in it. */
async function verified(content: unknown) {
  const folder = mkdtempSync(join(tmpdir(), 'paygo-proof-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, 'proof.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const { code, said, complained } = await called({}, 'verify-proof', file);
  return { code, said: `${said}\n${complained}` };
}

/** An October of five batches, of two lines each, finalized. */
async function october(w: World) {
  const emails = await w.metered('emails', 'SUM', 'n');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First', ['team']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  for (const batch of ['a', 'b', 'c', 'd', 'e']) {
    const key = batch < 'd' ? customerId : 'team';
    await w.record(
      [0, 1].map((line) => ({
        ...w.event(key, 'emails', '2024-10-02', { n: 5 }),
        transactionId: `${batch} "${String(line)}"`,
      })),
    );
  }
  await w.advance('2024-11-02');
  const { id } = await w.bill(customerId, { status: 'FINALIZED' });
  return { customerId, id };
}

it('every usage that an invoice covers is proved, and checked from a file', () =>
  story('2024-10', async (w) => {
    const { id, customerId } = await october(w);
    for (const [index, batch] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      for (const line of [0, 1]) {
        const transactionId = `${batch} "${String(line)}"`;
        const proof = await proofOf(w, id, transactionId);
        expect(proof).toMatchObject({ leafIndex: index, treeSize: 5, line, transactionId });
        const { code, said } = await verified({ data: { usageProof: proof } });
        expect([code, said]).toEqual([0, expect.stringContaining(`${id} covers`)]);
        expect(said).toContain(`is ${proof?.invoice.digest ?? ''}`);
      }
    }
    expect(await proofOf(w, id, 'of nobody')).toBeNull();
    expect(await proofOf(w, 'inv_nothing', 'a "0"')).toBeNull();
    const { id: draft } = await w.bill(customerId, { status: 'DRAFT' });
    expect(await proofOf(w, draft, 'a "0"')).toBeNull();
  }));

it('a proof that is not that of the usage and the invoice is found out', () =>
  story('2024-10', async (w) => {
    const { id } = await october(w);
    const proof = (await proofOf(w, id, 'c "1"')) as Proof;
    expect((await verified(proof)).code).toBe(0);
    const changed = (of: 'batch' | 'invoice', from: string, to: string): Proof => ({
      ...proof,
      [of]: { ...proof[of], data: proof[of].data.replace(from, to) },
    });
    const { stream, revision } = proof.batch;
    const own = JSON.stringify({ stream, revision, lines: [proof.line] });
    const [first = '', ...rest] = proof.path;
    const cases: readonly (readonly [unknown, string])[] = [
      [{ ...proof, transactionId: 'c "0"' }, 'line 1 of the event is not that of c "0"'],
      [changed('batch', '"n":5', '"n":6'), 'the event has another digest: '],
      [changed('batch', '"n":5', '"n":6'), 'the path does not lead from the event to the root'],
      [{ ...proof, path: [...rest, first] }, 'the path does not lead'],
      [{ ...proof, leafIndex: 1 }, 'the path does not lead'],
      [{ ...proof, treeSize: 6 }, 'the stored invoice covers another number of events'],
      [changed('invoice', '"total":"5"', '"total":"6"'), 'the stored invoice has another digest: '],
      [changed('invoice', proof.root, '0'.repeat(64)), 'the stored invoice has another root'],
      [{ ...proof, invoiceId: 'inv_other' }, 'the stored invoice is not inv_other'],
      [changed('invoice', '"elsewhere":[]', `"elsewhere":[${own}]`), 'did not count that line'],
      [{ data: { usageProof: null } }, 'the file holds no answer of usageProof'],
      ['{"data":', 'the file holds no answer of usageProof'],
    ];
    for (const [content, fault] of cases) {
      const { code, said } = await verified(content);
      expect([code, said]).toEqual([1, expect.stringContaining(fault)]);
    }
  }));

it('a repeat is not proved: it was not counted, wherever its id was recorded first', () =>
  story('2024-09', async (w) => {
    const emails = await w.metered('emails');
    const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
    const before = await w.customer('Before', ['team']);
    const customerId = await w.customer('First', []);
    for (const one of [before, customerId]) {
      await w.contract({ customerId: one, rateCardId, startingAt: '2024-09' });
    }
    const record = (key: string, transactionId: string, day: string) =>
      w.record([{ ...w.event(key, 'emails', day), transactionId }]);
    await record(before, "of another's key", '2024-10-02');
    await record('team', 'of an alias that moved', '2024-10-02');
    await record(customerId, 'of another month', '2024-09-02');
    await w.mutate('setIngestAliases', { customerId: before, ingestAliases: [] });
    await w.mutate('setIngestAliases', { customerId, ingestAliases: ['team'] });
    const repeats = ["of another's key", 'of an alias that moved', 'of another month'];
    for (const id of repeats) await record('team', id, '2024-10-02');
    await record('team', 'its own', '2024-10-02');
    await record(customerId, 'its own', '2024-10-02');
    await w.advance('2024-11-02');
    const october = { startingAt: '2024-10-01T00:00:00Z' };
    const final = async (id: string) => {
      const [bill] = await w.invoices(id, { statuses: ['FINALIZED'], ...october });
      return bill?.id ?? '';
    };
    const id = await final(customerId);
    for (const repeat of repeats)
      expect([repeat, await proofOf(w, id, repeat)]).toEqual([repeat, null]);
    expect(await proofOf(w, id, 'its own')).toMatchObject({ batch: { revision: 4 } });
    for (const first of repeats.slice(0, 2)) {
      expect(await proofOf(w, await final(before), first)).not.toBeNull();
    }
  }));
