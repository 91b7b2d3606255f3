import { describe, expect, it } from 'vitest';
import { at, story } from '../support/scenario.ts';

describe('overlapping contracts', () => {
  it('are refused where both cards rate a common product, entitled or not', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails');
      const rows = await w.metered('rows');
      const { productId } = emails;
      const card = await w.card([{ productId, unitPrice: '0.10' }]);
      const alike = await w.card([
        { productId, unitPrice: '0.20', entitled: false, startingAt: '2030-01' },
      ]);
      const other = await w.card([{ productId: rows.productId, unitPrice: '0.30' }]);
      const customerId = await w.customer('Overlap');
      await w.contract({
        customerId,
        rateCardId: card,
        startingAt: '2024-10',
        endingBefore: '2024-12',
      });
      const asked = (rateCardId: string, startingAt: string, endingBefore?: string) =>
        w.refusal('createContract', {
          customerId,
          rateCardId,
          startingAt: at(startingAt),
          ...(endingBefore === undefined ? {} : { endingBefore: at(endingBefore) }),
        });
      const refused = 'contract_overlaps input startingAt';
      expect(await asked(card, '2024-11-30T23:00:00Z')).toBe(refused);
      expect(await asked(alike, '2024-09', '2024-10-01T01:00:00Z')).toBe(refused);
      expect(await asked(card, '2024-09')).toBe(refused);
      expect(await asked(alike, '2024-09', '2024-10')).toBeUndefined();
      expect(await asked(card, '2024-12')).toBeUndefined();
      expect(await asked(other, '2024-11')).toBeUndefined();
      const stranger = await w.customer('Somebody else');
      await w.contract({ customerId: stranger, rateCardId: card, startingAt: '2024-10' });
    }));

  it('that come to share a product later: the one created first bills it, as long as it runs', () =>
    story('2024-11', async (w) => {
      const emails = await w.metered('emails');
      const rows = await w.metered('rows');
      const early = await w.card([{ productId: rows.productId, unitPrice: '1' }]);
      const late = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('Common');
      // Created first, and ended half way; the other one starts before it and outlives it.
      const terms = {
        customerId,
        rateCardId: late,
        startingAt: '2024-11-05',
        endingBefore: '2024-11-15',
      };
      const first = await w.contract(terms);
      const second = await w.contract({ customerId, rateCardId: early, startingAt: '2024-11' });
      await w.addRates(early, [{ productId: emails.productId, unitPrice: '5' }]);
      await w.useTimes(2, customerId, 'emails', '2024-11-04T23:59:59.999Z');
      await w.useTimes(3, customerId, 'emails', '2024-11-05');
      await w.useTimes(4, customerId, 'emails', '2024-11-15');
      await w.useTimes(6, customerId, 'rows', '2024-11-10');
      await w.advance('2024-11-15T12:00:00Z');
      // Of the second 2 x 5 before, 4 x 5 behind; of the first 3 x 0.10; rows 6 x 1 only the second
      // has.
      expect(await w.bills(customerId, { contractId: first })).toEqual([
        'USAGE DRAFT 2024-11-05..2024-11-15 0.30: emails 3 x 0.1 = 0.30',
      ]);
      expect(await w.bills(customerId, { contractId: second })).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 36.00: rows 6 x 1 = 6.00; ' +
          'emails 2 x 5 = 10.00 (2024-11-01..2024-11-05); ' +
          'emails 4 x 5 = 20.00 (2024-11-15..2024-12-01)',
      ]);
    }));

  it('may end earlier, but not later than before', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails');
      const rows = await w.metered('rows');
      const first = await w.card([{ productId: rows.productId, unitPrice: '1' }]);
      const second = await w.card([{ productId: emails.productId, unitPrice: '1' }]);
      const customerId = await w.customer('Ending');
      const contractIds = [
        await w.contract({ customerId, rateCardId: first, startingAt: '2024-10' }),
        await w.contract({ customerId, rateCardId: second, startingAt: '2024-10' }),
      ];
      await w.addRates(first, [{ productId: emails.productId, unitPrice: '5' }]);
      const ended = (contractId: string | undefined, to: string | null) =>
        w.refusal('updateContractEndDate', {
          customerId,
          contractId,
          endingBefore: to === null ? null : at(to),
        });
      for (const contractId of contractIds)
        expect(await ended(contractId, '2024-12')).toBeUndefined();
      const refused = 'contract_overlaps input endingBefore';
      const [one, two] = contractIds;
      expect(await ended(one, '2024-11')).toBeUndefined();
      expect(await ended(one, '2024-12')).toBe(refused);
      expect(await ended(two, null)).toBeUndefined();
      expect(await ended(one, null)).toBe(refused);
      expect(await ended(two, '2024-11')).toBeUndefined();
      expect(await ended(one, null)).toBeUndefined();
      expect(await ended(two, '2024-11-01T01:00:00Z')).toBe(refused);
    }));

  it('of which two are asked for at once: one is created', () =>
    story('2024-10', async (w) => {
      const { productId } = await w.metered('emails');
      const rateCardId = await w.card([{ productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('Racing');
      const refusals = await Promise.all(
        Array.from({ length: 12 }, (_, place) =>
          w.refusal('createContract', {
            customerId,
            rateCardId,
            startingAt: at(`2024-10-${String(place + 10)}`),
          }),
        ),
      );
      expect(refusals.filter((reason) => reason === undefined)).toHaveLength(1);
      expect(new Set(refusals)).toEqual(new Set([undefined, 'contract_overlaps input startingAt']));
    }));
});
