import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

async function onBasic(w: World) {
  const emails = await w.metered('emails');
  const fee = await w.fixed('fee');
  const basic = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const better = await w.card([{ productId: emails.productId, unitPrice: '0.05' }]);
  const customerId = await w.customer('Plans', ['plans@example.com']);
  const contractId = await w.contract({ customerId, rateCardId: basic, startingAt: '2024-10' });
  const change = (startingAt: string, more: object = {}) => ({
    fromContractId: contractId,
    contract: { customerId, rateCardId: better, startingAt: at(startingAt), ...more },
  });
  return { emails, fee, customerId, contractId, change, basic, better };
}

const contractsOf = async (w: World, customerId: string): Promise<readonly string[]> => {
  const { customer } = await w.ask<{
    customer: { contracts: readonly { startingAt: string; endingBefore: string | null }[] };
  }>('query ($id: ID!) { customer(id: $id) { contracts { startingAt endingBefore } } }', {
    id: customerId,
  });
  return customer.contracts.map(({ startingAt, endingBefore }) =>
    [startingAt.slice(0, 10), endingBefore?.slice(0, 10) ?? 'open'].join('..'),
  );
};

describe('a change of plan', () => {
  it('ends one contract and starts the next at one instant', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, change } = await onBasic(w);
      await w.useTimes(3, customerId, 'emails', '2024-10-15T23:59:59.999Z');
      await w.useTimes(4, customerId, 'emails', '2024-10-16');
      await w.mutate('changePlan', change('2024-10-16'));
      expect(await contractsOf(w, customerId)).toEqual([
        '2024-10-16..open',
        '2024-10-01..2024-10-16',
      ]);
      await w.advance('2024-10-17');
      // 3 x 0.10 under the first, 4 x 0.05 under the second; the first is due on 17 October.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-16..2024-11-01 0.20: emails 4 x 0.05 = 0.20',
        'USAGE FINALIZED 2024-10-01..2024-10-16 0.30: emails 3 x 0.1 = 0.30',
      ]);
      expect(await w.usage(customerId, emails)).toEqual(['7']);
    }));

  it.each([
    [
      'the next card is unknown',
      '2024-10-16',
      { rateCardId: 'nothing' },
      'rate_card_not_found input contract rateCardId',
    ],
    ['it is off the hour', '2024-10-16T00:30:00Z', {}, 'not_on_hour input contract startingAt'],
    [
      'it would end before it starts',
      '2024-10-16',
      { endingBefore: at('2024-10-16') },
      'ends_before_start input contract endingBefore',
    ],
    [
      'the old one has not started',
      '2024-10-01',
      {},
      'contract_not_running input contract startingAt',
    ],
  ])('is refused, and neither happens, when %s', (_case, startingAt, more, reason) =>
    story('2024-10', async (w) => {
      const { customerId, change } = await onBasic(w);
      expect(await w.refusal('changePlan', change(startingAt, more))).toBe(reason);
      expect(await contractsOf(w, customerId)).toEqual(['2024-10-01..open']);
    }),
  );

  it('is refused in a period that is closed', () =>
    story('2024-10', async (w) => {
      const { customerId, change } = await onBasic(w);
      await w.advance('2024-11-02');
      expect(await w.refusal('changePlan', change('2024-10-16'))).toBe(
        'invoice_already_finalized input contract startingAt',
      );
      expect(await contractsOf(w, customerId)).toEqual(['2024-10-01..open']);
    }));

  it('sent again with its key gives the same contracts, with another input a conflict', () =>
    story('2024-10', async (w) => {
      const { customerId, change } = await onBasic(w);
      const asked = change('2024-10-16', { idempotencyKey: 'upgrade' });
      const changed = await w.mutate('changePlan', asked);
      expect(await w.mutate('changePlan', asked)).toEqual(changed);
      expect(
        await w.refusal('changePlan', change('2024-10-17', { idempotencyKey: 'upgrade' })),
      ).toMatch(/^idempotency_key_reused /);
      await w.advance('2025-01');
      expect(await w.mutate('changePlan', asked)).toEqual(changed);
      expect(await contractsOf(w, customerId)).toEqual([
        '2024-10-16..open',
        '2024-10-01..2024-10-16',
      ]);
    }));
});

describe('a customer', () => {
  it('is archived once its contracts are over and its drafts final; its keys stay held', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, contractId, basic } = await onBasic(w);
      const archive = () => w.refusal('archiveCustomer', { customerId });
      const open = 'customer_has_open_contracts input customerId';
      expect(await archive()).toBe(open);
      await w.useTimes(2, customerId, 'emails', '2024-10-10');
      await w.end(customerId, contractId, '2024-10-20');
      await w.advance('2024-10-20T12:00:00Z');
      expect(await archive()).toBe(open);
      await w.advance('2024-10-21');
      expect(await archive()).toBeUndefined();
      expect(await archive()).toBeUndefined();
      expect(
        await w.refusal('createCustomer', { name: 'Heir', ingestAliases: ['plans@example.com'] }),
      ).toBe('alias_taken input ingestAliases 0');
      const contract = { customerId, rateCardId: basic, startingAt: at('2025-01') };
      expect(await w.refusal('createContract', contract)).toBe(
        'customer_archived input customerId',
      );
      expect(
        await w.refusal('updateContractEndDate', { customerId, contractId, endingBefore: null }),
      ).toBe('customer_archived input customerId');
      // Usage is still recorded, and what is late for a closed period still billed: 3 more.
      await w.useTimes(3, 'plans@example.com', 'emails', '2024-10-19');
      await w.advance('2024-12');
      expect(await w.bills(customerId)).toEqual([
        'USAGE FINALIZED 2024-10-20..2024-11-01 0.30: late emails 3 x 0.1 = 0.30 (2024-10-01..2024-10-20)',
        'USAGE FINALIZED 2024-10-01..2024-10-20 0.20: emails 2 x 0.1 = 0.20',
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
    }));

  it('with a draft for late usage is not archived', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await onBasic(w);
      await w.end(customerId, contractId, '2024-10-20');
      await w.advance('2024-10-21');
      await w.use(customerId, 'emails', '2024-10-10');
      await w.bills(customerId);
      expect(await w.refusal('archiveCustomer', { customerId })).toBe(
        'customer_has_open_contracts input customerId',
      );
      await w.advance('2024-11-02');
      expect(await w.refusal('archiveCustomer', { customerId })).toBeUndefined();
    }));
});
