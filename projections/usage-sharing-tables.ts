import { type Kysely } from 'kysely';
import { type Json } from './json.ts';
import { createTable } from './table.ts';
import { type Measured } from './usage-measured.ts';

/** What processes that fold usage together know of one another; empty where there is only one. */
export type SharingTables = {
  /** Through where each share of the transactionIds is measured. */
  usage_share: { share: number; position: number };
  /** The stretches of the log that are measured next: who first needs one says where it ends. */
  usage_round: {
    after: number;
    through: number;
    /** The last event in it. */
    event_id: string;
    /** 1: its last event is a new metric, and what follows is measured with it. */
    ends_at_metric: number;
  };
  /** What was measured and is not given to its owners yet. */
  usage_measured: {
    through: number;
    /** A bit for each. */
    shares: number;
    content: Json<Measured>;
  };
};

/** So many processes can measure at a time. */
export const shareCount = 8;

/** The shares' bits, all of them. */
export const allShares = 2 ** shareCount - 1;

export async function createSharingTables(db: Kysely<SharingTables>): Promise<void> {
  await createTable(db, 'usage_share', { share: 'integer', position: 'bigint' }, ['share']);
  await createTable(
    db,
    'usage_round',
    { after: 'bigint', through: 'bigint', event_id: 'text', ends_at_metric: 'integer' },
    ['after'],
  );
  await createTable(
    db,
    'usage_measured',
    { through: 'bigint', shares: 'integer', content: 'text' },
    ['through', 'shares'],
  );
  const shares = Array.from({ length: shareCount }, (_, share) => ({ share, position: 0 }));
  await db.insertInto('usage_share').values(shares).execute();
}

/** The share that a transactionId falls to. Every version of the program must say the same. */
export function shareOf(transactionId: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < transactionId.length; index += 1) {
    hash = Math.imul(hash ^ transactionId.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash >>> 16) % shareCount;
}
