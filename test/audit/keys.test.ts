import { describe, expect, it } from 'vitest';
import { holdingsOf, keysEverHeld, ownedStretches, stretchOf } from '../../src/audit/keys.ts';
import { type CustomerEvent } from '../../src/customers/events.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';

const at = (position: number, event: CustomerEvent): Recorded<CustomerEvent> => ({
  position: BigInt(position),
  stream: 'customer',
  revision: 0,
  id: String(position),
  event,
  metadata: { version: 1, actor: 'a', requestIds: [], recordedAt: '2024-10-01T00:00:00.000Z' },
});
const set = (position: number, customerId: string, ...ingestAliases: readonly string[]) =>
  at(position, { type: 'IngestAliasesSet', customerId, ingestAliases });

/** a holds the key from 10 to 20, b from 30 to 40, a again from 50. */
const events = [set(50, 'a', 'key'), set(10, 'a', 'key'), set(20, 'a')].concat([
  set(30, 'b', 'key'),
  set(40, 'b'),
]);
const ownedBy = (customerId: string) =>
  ownedStretches(holdingsOf(['key'], events).get('key') ?? [], customerId);

describe('the usage under a key', () => {
  it('belongs to its holder, or where nobody holds it to whoever claims it next', () => {
    const stretch = (from: bigint, before: bigint | null, claimedAt: bigint | null) => ({
      ...{ from, before, claimedAt },
    });
    expect(ownedBy('a')).toEqual([
      stretch(0n, 10n, 10n),
      stretch(10n, 20n, null),
      stretch(40n, 50n, 50n),
      stretch(50n, null, null),
    ]);
    expect(ownedBy('b')).toEqual([stretch(20n, 30n, 30n), stretch(30n, 40n, null)]);
    expect(ownedBy('c')).toEqual([]);
  });

  it('is found by the position where it was recorded, in exactly one stretch', () => {
    for (let position = 1n; position < 60n; position += 1n) {
      const owners = ['a', 'b'].filter((one) => stretchOf(ownedBy(one), position) !== undefined);
      expect([position, owners]).toEqual([
        position,
        [position < 20n || position >= 40n ? 'a' : 'b'],
      ]);
    }
  });

  it('may come under every key that the customer has ever held, and its id', () => {
    expect(keysEverHeld('a', [set(1, 'a', 'x', 'y'), set(2, 'a', 'y', 'z')])).toEqual([
      ...['a', 'x', 'y', 'z'],
    ]);
  });
});
