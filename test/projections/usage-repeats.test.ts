import { describe, expect, it } from 'vitest';
import { repeatsAt } from '../../projections/usage-repeats.ts';
import { customerCreated, recorded, usage, used, useUsageStore } from '../support/usage-log.ts';

const own = useUsageStore();
const line = (transactionId: string) => used(transactionId, '2024-10-05T10:00:00Z');

describe('the repeats among events of usage', () => {
  it.each([[[5]], [[1, 1, 1, 1, 1]]])(
    'are told with the place of the first one, folded %j at a time',
    async (batchSizes) => {
      const events = recorded([
        customerCreated('c1', 'alias'),
        usage('c1', line('a'), line('b'), line('a')),
        usage('stranger', line('b'), line('c')),
        usage('alias', line('d'), line('c'), line('d'), line('a')),
        usage('c1', line('e')),
      ]);
      await own.fold(events, batchSizes);
      const at = async (...positions: readonly bigint[]) =>
        (await repeatsAt(own.db, positions)).map((one) => [
          one.position,
          one.line,
          one.firstPosition,
        ]);
      expect(await at(40n, 20n, 50n)).toEqual([
        [20n, 2, 20n],
        [40n, 1, 30n],
        [40n, 2, 40n],
        [40n, 3, 20n],
      ]);
      expect(await at(30n)).toEqual([[30n, 0, 20n]]);
      expect(await at(50n)).toEqual([]);
      expect(await at()).toEqual([]);
    },
  );
});
