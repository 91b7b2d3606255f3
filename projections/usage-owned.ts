import { type Kysely } from 'kysely';
import { ownedStretches, type Owned } from '../src/audit/keys.ts';
import { keyHistories } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/**
 * Every key that the customer has held, and what of its usage is the customer's; through: as the
 * log had it then.
 */
export async function ownedKeys(
  db: Kysely<UsageTables>,
  customerId: string,
  through: bigint | null = null,
): Promise<ReadonlyMap<string, readonly Owned[]>> {
  const rows = await db
    .selectFrom('usage_key')
    .select('key')
    .distinct()
    .where('owner', '=', customerId)
    .orderBy('key')
    .execute();
  const histories = await keyHistories(
    db,
    rows.map(({ key }) => key),
  );
  return new Map(
    [...histories].map(([key, history]) => [
      key,
      ownedStretches(
        history
          .filter(({ from }) => through === null || BigInt(from) <= through)
          .map(({ from, owner }) => ({ from: BigInt(from), owner })),
        customerId,
      ),
    ]),
  );
}
