import { describe, it } from 'vitest';
import { contracts } from '../../src/contracts/decider.ts';
import { type Override } from '../../src/contracts/events.ts';
import { given } from '../support/given-when-then.ts';
import { at, create, created, month, october, override } from './asked.ts';

const flat = (unitPrice: string) => ({ model: 'FLAT' as const, unitPrice });
const free = override({ multiplier: '0' });

const refusals: readonly [Partial<Override>, string, ...(string | number)[]][] = [
  [{ entitled: true, startingAt: at('2024-10-01T00:00:00.500Z') }, 'not_on_hour', 'startingAt'],
  [{ entitled: true, endingBefore: at('2024-10-09T10:10:00Z') }, 'not_on_hour', 'endingBefore'],
  [{ entitled: true, endingBefore: october }, 'ends_before_start', 'endingBefore'],
  [{ entitled: true, endingBefore: month(-1) }, 'ends_before_start', 'endingBefore'],
  [{}, 'override_empty'],
  [{ priority: 1, productIds: ['emails'] }, 'override_empty'],
  [{ multiplier: '2', overwrite: flat('1') }, 'override_conflict'],
  [{ multiplier: '-0.1' }, 'multiplier_negative', 'multiplier'],
  [{ overwrite: flat('-0.1') }, 'price_negative', 'overwrite', 'unitPrice'],
  [
    { entitled: false, productIds: ['emails', 'nothing'] },
    'product_not_found',
    'applicableProductIds',
    1,
  ],
  [
    { entitled: false, productIds: ['constructor'] },
    'product_not_found',
    'applicableProductIds',
    0,
  ],
];

describe('an override', () => {
  it('is kept as it was asked for', () => {
    const overrides = [
      override({ entitled: false, productTags: ['premium'] }),
      override({ entitled: true, multiplier: '0.9', priority: -1, endingBefore: month(1) }),
      override({ overwrite: flat('0'), productIds: ['emails', 'fee'], startingAt: month(-3) }),
    ];
    given(contracts).when(create({ overrides })).then(created({ overrides }));
  });

  it('may name a tag that nothing has, and nothing at all', () => {
    const overrides = [
      override({ entitled: true, productTags: ['nothing'] }),
      override({ entitled: true, productTags: [], productIds: [] }),
    ];
    given(contracts).when(create({ overrides })).then(created({ overrides }));
  });

  it.each(refusals)('is refused: %j, as %s', (change, reason, ...field) => {
    given(contracts)
      .when(create({ overrides: [free, override(change)] }))
      .thenRefused(reason, ['overrides', 1, ...field]);
  });
});
