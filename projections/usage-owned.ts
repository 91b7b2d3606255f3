import { type Kysely } from 'kysely';
import { ownedStretches, type Owned } from '../src/audit/keys.ts';
import { keyHistories } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/** Every key that the customer has held, and what of its usage is the customer's. */
export async function ownedKeys(
  db: Kysely<UsageTables>,
  customerId: string,
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
        history.map(({ from, owner }) => ({ from: BigInt(from), owner })),
        customerId,
      ),
    ]),
  );
}
