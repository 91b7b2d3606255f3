import { describe, expect, it } from 'vitest';
import {
  listProducts,
  metricsByIds,
  productsByIds,
  rateCardIdByAlias,
  rateCardPosition,
  rateCardsByIds,
  ratesOfCards,
  ratesPage,
} from '../../projections/catalog.ts';
import { ratesByProduct } from '../../src/catalog/rates.ts';
import {
  metricCreated,
  month,
  productCreated,
  rate,
  rateCardCreated,
  ratesAdded,
} from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded } from '../support/recorded.ts';

const { folded } = useStores(openMain);
const firstPage = { first: 100, after: null };

describe('metrics and products', () => {
  it('are found by id, whole', async () => {
    const { type: _metric, ...metric } = metricCreated('met_1');
    const { type: _product, ...product } = productCreated('prd_1');
    const { reader } = await folded(recorded(metricCreated('met_1'), productCreated('prd_1')));
    expect(await metricsByIds(reader, ['met_1', 'nobody'])).toEqual(new Map([['met_1', metric]]));
    expect(await productsByIds(reader, ['prd_1', 'prd_1'])).toEqual(new Map([['prd_1', product]]));
    expect(await productsByIds(reader, [])).toEqual(new Map());
  });

  it('are found however many are asked for at once', async () => {
    const ids = Array.from({ length: 2500 }, (_, index) => `prd_${String(index)}`);
    const { reader } = await folded(recorded(...ids.map(productCreated)));
    expect((await productsByIds(reader, ids)).size).toBe(2500);
  });

  it('products are listed in order of creation', async () => {
    const { reader } = await folded(recorded(...['c', 'a', 'b'].map(productCreated)));
    const first = await listProducts(reader, { first: 2, after: null });
    expect(first.edges.map(({ node }) => node.productId)).toEqual(['c', 'a']);
    expect(first).toMatchObject({ totalCount: 3, hasNextPage: true, hasPreviousPage: false });
    const after = first.edges.at(-1)?.cursor ?? null;
    const second = await listProducts(reader, { first: 2, after });
    expect(second.edges.map(({ node }) => node.productId)).toEqual(['b']);
    expect(second).toMatchObject({ totalCount: 3, hasNextPage: false, hasPreviousPage: true });
  });
});

describe('rate cards', () => {
  it('are found by id and by alias', async () => {
    const { type: _type, ...card } = rateCardCreated('crd_1', ['standard', 'list']);
    const { reader } = await folded(
      recorded(rateCardCreated('crd_1', ['standard', 'list']), rateCardCreated('crd_2')),
    );
    expect(await rateCardsByIds(reader, ['crd_1'])).toEqual(new Map([['crd_1', card]]));
    expect(await rateCardIdByAlias(reader, 'list')).toBe('crd_1');
    expect(await rateCardIdByAlias(reader, 'crd_1')).toBeUndefined();
  });

  it('tell the position of the last event of any of them', async () => {
    const revoked = { type: 'ClaimRevoked', key: 'list', owner: 'crd_1' };
    const { reader } = await folded(
      recorded(
        rateCardCreated('crd_1'),
        rateCardCreated('crd_2'),
        ratesAdded('crd_1', rate('prd_1', '1', month(0))),
        { stream: 'rateCard-crd_1', event: revoked },
      ),
    );
    expect(await rateCardPosition(reader, ['crd_2'])).toBe(2n);
    expect(await rateCardPosition(reader, ['crd_1', 'crd_2'])).toBe(3n);
    expect(await rateCardPosition(reader, ['nobody'])).toBe(0n);
  });
});

describe('the rates of a card', () => {
  const march = rate('prd_1', '3', month(2));
  const january = rate('prd_1', '1', month(0));
  const promotion = rate('prd_1', '0.5', month(0), month(1));
  const other = rate('prd_2', '7', month(1));
  const events = recorded(
    rateCardCreated('crd_1'),
    ratesAdded('crd_1', march, january),
    ratesAdded('crd_1', promotion, other),
    rateCardCreated('crd_2'),
    ratesAdded('crd_2', other),
  );

  it('come in the order added, as far as a position', async () => {
    const { reader } = await folded(events);
    expect(await ratesOfCards(reader, ['crd_1', 'crd_2'], 3n)).toEqual(
      new Map([
        ['crd_1', ratesByProduct([march, january, promotion, other])],
        ['crd_2', ratesByProduct([])],
      ]),
    );
    expect((await ratesOfCards(reader, ['crd_1'], 2n)).get('crd_1')).toEqual(
      ratesByProduct([march, january]),
    );
  });

  it('are in force by product and group values', async () => {
    const of = (region: string, unitPrice: string) => ({
      ...rate('prd_1', unitPrice, month(0)),
      pricingGroupValues: { region },
    });
    const [eu, us, usAgain] = [of('eu', '2'), of('us', '3'), of('us', '4')];
    const card = ratesAdded('crd_1', january, eu, us, usAgain, other);
    const { reader } = await folded(recorded(rateCardCreated('crd_1'), card));
    const page = await ratesPage(reader, 'crd_1', month(0), firstPage);
    expect(page.edges.map(({ node }) => node)).toEqual([january, eu, usAgain]);
  });

  it('are listed by start, and of one start in the order added', async () => {
    const { reader } = await folded(events);
    const page = await ratesPage(reader, 'crd_1', null, firstPage);
    expect(page.edges.map(({ node }) => node)).toEqual([january, promotion, other, march]);
    expect(page.totalCount).toBe(4);
  });

  it('are those in force alone when an instant is given', async () => {
    const { reader } = await folded(events);
    const inForce = async (index: number) =>
      (await ratesPage(reader, 'crd_1', month(index), firstPage)).edges.map(({ node }) => node);
    expect(await inForce(-1)).toEqual([]);
    expect(await inForce(0)).toEqual([promotion]);
    expect(await inForce(1)).toEqual([january, other]);
    expect(await inForce(2)).toEqual([other, march]);
  });

  it('are paged within an instant and without', async () => {
    const { reader } = await folded(events);
    for (const at of [null, month(1)]) {
      const whole = await ratesPage(reader, 'crd_1', at, firstPage);
      const [first] = (await ratesPage(reader, 'crd_1', at, { first: 1, after: null })).edges;
      const rest = await ratesPage(reader, 'crd_1', at, { first: 9, after: first?.cursor ?? null });
      expect([first, ...rest.edges]).toEqual(whole.edges);
      expect(rest).toMatchObject({ totalCount: whole.totalCount, hasNextPage: false });
    }
  });
});
