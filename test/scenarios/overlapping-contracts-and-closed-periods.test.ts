import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

/**
 * Two contracts from October of one customer. The first has the product x alone, the second p at
 * 1.00; 10 p on 5 October and 4 on 18 October, and 3 x. The first's card can gain p, at 2.00.
 */
async function plans(w: World, ends: { readonly first?: string; readonly second?: string } = {}) {
  const x = await w.metered('x');
  const p = await w.metered('p');
  const card = await w.card([{ productId: x.productId, unitPrice: '1' }]);
  const other = await w.card([{ productId: p.productId, unitPrice: '1' }]);
  const customerId = await w.customer('Common');
  const contract = (rateCardId: string, endingBefore: string | undefined) =>
    w.contract({
      customerId,
      rateCardId,
      startingAt: '2024-10',
      ...(endingBefore === undefined ? {} : { endingBefore }),
    });
  const first = await contract(card, ends.first);
  const second = await contract(other, ends.second);
  await w.useTimes(3, customerId, 'x', '2024-10-04');
  await w.useTimes(10, customerId, 'p', '2024-10-05');
  await w.useTimes(4, customerId, 'p', '2024-10-18');
  const billsOf = (contractId: string) => (statuses: readonly string[]) =>
    w.bills(customerId, {
      contractId,
      statuses,
      startingAt: '2024-10-01T00:00:00Z',
      endingBefore: '2024-11-01T00:00:00Z',
    });
  return {
    customerId,
    firstId: first,
    secondId: second,
    ofFirst: billsOf(first),
    ofSecond: billsOf(second),
    gain: () =>
      w.addRates(card, [{ productId: p.productId, unitPrice: '2', startingAt: '2024-10' }]),
    voidOf: async (contractId: string) => {
      const [final] = await w.invoices(customerId, {
        contractId,
        statuses: ['FINALIZED'],
        types: ['USAGE'],
      });
      return w.voided(final?.id ?? '');
    },
  };
}

const draft = ['DRAFT'];
const final = ['FINALIZED'];

describe('a product that the card of an earlier contract gains', () => {
  it('is billed by the contract created first, back to its start, while both are open', () =>
    story('2024-10', async (w) => {
      const { ofFirst, ofSecond, gain } = await plans(w);
      await w.advance('2024-10-20');
      expect(await ofSecond(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 14.00: p 14 x 1 = 14.00',
      ]);
      await gain();
      expect(await ofSecond(draft)).toEqual(['USAGE DRAFT 2024-10-01..2024-11-01 0.00:']);
      // 3 x 1 and (10 + 4) x 2.
      expect(await ofFirst(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 31.00: x 3 x 1 = 3.00; p 14 x 2 = 28.00',
      ]);
    }));

  it('is not billed by it for the time that a final invoice of the other one has billed', () =>
    story('2024-10', async (w) => {
      const { customerId, ofFirst, ofSecond, gain } = await plans(w, { second: '2024-10-15' });
      await w.advance('2024-10-20');
      const tenth = 'USAGE FINALIZED 2024-10-01..2024-10-15 10.00: p 10 x 1 = 10.00';
      expect(await ofSecond(final)).toEqual([tenth]);
      await gain();
      // 3 x 1, and from the 15th on 4 x 2.
      const open = 'USAGE DRAFT 2024-10-01..2024-11-01 11.00: x 3 x 1 = 3.00; ';
      const since = 'p 4 x 2 = 8.00 (2024-10-15..2024-11-01)';
      expect(await ofFirst(draft)).toEqual([open + since]);
      // What comes late for that time is settled by the terms of the invoice that billed it.
      await w.useTimes(2, customerId, 'p', '2024-10-06');
      expect(await ofFirst(draft)).toEqual([open + since]);
      expect(await ofSecond([...draft, ...final])).toEqual([
        'USAGE DRAFT 2024-10-15..2024-11-01 2.00: late p 2 x 1 = 2.00 (2024-10-01..2024-10-15)',
        tenth,
      ]);
    }));

  it('is billed by it for that time too once that invoice is void', () =>
    story('2024-10', async (w) => {
      const { secondId, ofFirst, ofSecond, gain, voidOf } = await plans(w, {
        second: '2024-10-15',
      });
      await w.advance('2024-10-20');
      await gain();
      await voidOf(secondId);
      expect(await ofSecond(draft)).toEqual(['USAGE DRAFT 2024-10-01..2024-10-15 0.00:']);
      // 3 x 1 and (10 + 4) x 2.
      expect(await ofFirst(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 31.00: x 3 x 1 = 3.00; p 14 x 2 = 28.00',
      ]);
    }));

  it('is billed by the other one for the time that was closed before the card gained it', () =>
    story('2024-10', async (w) => {
      const { ofFirst, ofSecond, gain } = await plans(w, { first: '2024-10-15' });
      await w.advance('2024-10-20');
      const without = ['USAGE FINALIZED 2024-10-01..2024-10-15 3.00: x 3 x 1 = 3.00'];
      expect(await ofFirst(final)).toEqual(without);
      await gain();
      // 10 + 4, before the 15th and since, at one price.
      expect(await ofSecond(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 14.00: p 14 x 1 = 14.00',
      ]);
      await w.advance('2024-11-10');
      expect(await ofFirst(final)).toEqual(without);
      expect(await ofSecond(final)).toEqual([
        'USAGE FINALIZED 2024-10-01..2024-11-01 14.00: p 14 x 1 = 14.00',
      ]);
    }));

  it('goes over to the first once its invoice is void, while the other one is still a draft', () =>
    story('2024-10', async (w) => {
      const { firstId, ofFirst, ofSecond, gain, voidOf } = await plans(w, { first: '2024-10-15' });
      await w.advance('2024-10-20');
      await gain();
      await voidOf(firstId);
      // Of the first 3 x 1 and 10 x 2 until the 15th; the other one has the 4 since.
      expect(await ofFirst(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-10-15 23.00: x 3 x 1 = 3.00; p 10 x 2 = 20.00',
      ]);
      expect(await ofSecond(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 4.00: p 4 x 1 = 4.00 (2024-10-15..2024-11-01)',
      ]);
    }));
});

describe('a month that both contracts have closed before the card gains the product', () => {
  async function bothClosed(w: World) {
    const all = await plans(w);
    await w.advance('2024-11-10');
    await all.gain();
    await all.voidOf(all.firstId);
    // The other one's invoice stands: the 14 p are on it.
    expect(await all.ofSecond(final)).toEqual([
      'USAGE FINALIZED 2024-10-01..2024-11-01 14.00: p 14 x 1 = 14.00',
    ]);
    expect(await all.ofFirst(draft)).toEqual([
      'USAGE DRAFT 2024-10-01..2024-11-01 3.00: x 3 x 1 = 3.00',
    ]);
    return all;
  }

  it('is billed again by the first without it, and with it once the other is void too', () =>
    story('2024-10', async (w) => {
      const { secondId, ofFirst, ofSecond, voidOf } = await bothClosed(w);
      await voidOf(secondId);
      expect(await ofSecond(draft)).toEqual(['USAGE DRAFT 2024-10-01..2024-11-01 0.00:']);
      // 3 x 1 and 14 x 2.
      expect(await ofFirst(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 31.00: x 3 x 1 = 3.00; p 14 x 2 = 28.00',
      ]);
    }));

  it('stays with the other when the first is final without it again, and the other then void', () =>
    story('2024-10', async (w) => {
      const { secondId, ofFirst, ofSecond, voidOf } = await bothClosed(w);
      await w.advance('2024-11-12');
      const without = ['USAGE FINALIZED 2024-10-01..2024-11-01 3.00: x 3 x 1 = 3.00'];
      expect(await ofFirst(final)).toEqual(without);
      await voidOf(secondId);
      expect(await ofFirst(final)).toEqual(without);
      expect(await ofSecond(draft)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 14.00: p 14 x 1 = 14.00',
      ]);
    }));
});
