import { describe, expect, it } from 'vitest';
import { billOf } from '../support/bills.ts';
import { at, story, type World } from '../support/scenario.ts';

const rounds = 24;

/** Contracts from October on, each with 10 emails before 20 October and 5 behind it. */
async function manyContracts(w: World) {
  const { productId } = await w.metered('emails');
  const rateCardId = await w.card([{ productId, unitPrice: '0.10' }]);
  return Promise.all(
    Array.from({ length: rounds }, async (_, round) => {
      const customerId = await w.customer(`Round ${String(round)}`);
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.useTimes(10, customerId, 'emails', '2024-10-19T23:59:59.999Z');
      await w.useTimes(5, customerId, 'emails', '2024-10-20');
      return { customerId, contractId };
    }),
  );
}

const endOf = async (w: World, contractId: string): Promise<string | null> => {
  const { contract } = await w.ask<{ contract: { endingBefore: string | null } }>(
    'query ($id: ID!) { contract(id: $id) { endingBefore } }',
    { id: contractId },
  );
  return contract.endingBefore;
};

const october = async (w: World, customerId: string): Promise<string> =>
  billOf(await w.bill(customerId, { periodStart: '2024-10-01T00:00:00.000Z' }));

describe('an end date racing a finalization', () => {
  it('that is asked for: the invoice ends where the contract does, or the end is refused', () =>
    story('2024-10', async (w) => {
      const contracts = await manyContracts(w);
      await w.advance('2024-11-01T12:00:00Z');
      await Promise.all(
        contracts.map(async ({ customerId, contractId }, round) => {
          const draft = await w.bill(customerId, { periodStart: '2024-10-01T00:00:00.000Z' });
          const input = { customerId, contractId, endingBefore: at('2024-10-20') };
          const end = () => w.refusal('updateContractEndDate', input);
          const ending = round % 2 === 0 ? end() : undefined;
          const finalizing = w.finalize(draft.id);
          const [refusal, final] = await Promise.all([ending ?? end(), finalizing]);
          expect(final.status).toBe('FINALIZED');
          const bill = await october(w, customerId);
          if (refusal === undefined) {
            expect(await endOf(w, contractId)).toBe('2024-10-20T00:00:00.000Z');
            expect(bill).toBe(
              'USAGE FINALIZED 2024-10-01..2024-10-20 1.00: emails 10 x 0.1 = 1.00',
            );
          } else {
            expect(refusal).toBe('invoice_already_finalized input endingBefore');
            expect(await endOf(w, contractId)).toBeNull();
            expect(bill).toBe(
              'USAGE FINALIZED 2024-10-01..2024-11-01 1.50: emails 15 x 0.1 = 1.50',
            );
          }
        }),
      );
    }));

  it('that falls due: never both', () =>
    story('2024-10', async (w) => {
      const contracts = await manyContracts(w);
      await w.advance('2024-11-01T23:00:00Z');
      const [, ...refusals] = await Promise.all([
        w.advance('2024-11-02'),
        ...contracts.map(({ customerId, contractId }) =>
          w.refusal('updateContractEndDate', {
            customerId,
            contractId,
            endingBefore: at('2024-10-20'),
          }),
        ),
      ]);
      for (const [round, { customerId, contractId }] of contracts.entries()) {
        const bill = await october(w, customerId);
        if (refusals[round] === undefined) {
          // The end was recorded first, so it is due a grace period later only.
          expect(await endOf(w, contractId)).toBe('2024-10-20T00:00:00.000Z');
          expect(bill).toBe('USAGE DRAFT 2024-10-01..2024-10-20 1.00: emails 10 x 0.1 = 1.00');
        } else {
          expect(refusals[round]).toBe('invoice_already_finalized input endingBefore');
          expect(await endOf(w, contractId)).toBeNull();
          expect(bill).toBe('USAGE FINALIZED 2024-10-01..2024-11-01 1.50: emails 15 x 0.1 = 1.50');
        }
      }
    }));

  it('of many finalizations at once only one issues an invoice', () =>
    story('2024-10', async (w) => {
      const [first] = await manyContracts(w);
      await w.advance('2024-11-01T12:00:00Z');
      const customerId = first?.customerId ?? '';
      const draft = await w.bill(customerId, { periodStart: '2024-10-01T00:00:00.000Z' });
      const finals = await Promise.all(Array.from({ length: 10 }, () => w.finalize(draft.id)));
      expect(new Set(finals.map((invoice) => JSON.stringify(invoice))).size).toBe(1);
      await w.advance('2024-11-02');
      const issued = (
        await w.ask<{ invoices: { nodes: readonly { number: number }[] } }>(
          '{ invoices(first: 200, filter: { statuses: [FINALIZED] }) { nodes { number } } }',
        )
      ).invoices.nodes;
      expect(issued.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: rounds }, (_, index) => index + 1),
      );
    }));
});
