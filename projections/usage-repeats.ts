import { type Kysely } from 'kysely';
import { type Repeat } from '../src/application/ports.ts';
import { inChunks } from './chunks.ts';
import { chunked } from './usage-chunks.ts';
import { type NotedRepeat } from './usage-measured.ts';
import { keyHistories, ownership, unclaimed } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/**
 * A repeat with the first one's owner and content is counted as a duplicate; another is a conflict,
 * and listed (billing rule 11).
 */
export async function judgeRepeats(
  repeats: readonly NotedRepeat[],
  db: Kysely<UsageTables>,
): Promise<void> {
  if (repeats.length === 0) return;
  const histories = await keyHistories(
    db,
    repeats.flatMap(({ key, first }) => [key, first.key]),
  );
  const ownerOf = ({ key, position }: { readonly key: string; readonly position: number }) =>
    ownership(histories.get(key) ?? [], position)?.owner ?? unclaimed(key);
  const duplicates = new Map<string, number>();
  const conflicts: UsageTables['usage_conflict'][] = [];
  const rows: UsageTables['usage_repeat'][] = [];
  for (const repeat of repeats) {
    const { key, first, transactionId: transaction_id, position, line } = repeat;
    const isDuplicate = repeat.sameContent && ownerOf(repeat) === ownerOf(first);
    const { position: first_position } = first;
    rows.push({ transaction_id, position, line, is_conflict: isDuplicate ? 0 : 1, first_position });
    if (isDuplicate) {
      duplicates.set(key, (duplicates.get(key) ?? 0) + 1);
    } else {
      conflicts.push({
        position,
        line,
        transaction_id,
        key,
        first_position: first.position,
        first_line: first.line,
      });
    }
  }
  await writeDuplicates(duplicates, db);
  for (const chunk of chunked(conflicts)) {
    await db.insertInto('usage_conflict').values(chunk).execute();
  }
  // In the order of their key, so that rows that stand together are written together.
  rows.sort((a, b) => (a.transaction_id < b.transaction_id ? -1 : 1));
  for (const chunk of chunked(rows)) await db.insertInto('usage_repeat').values(chunk).execute();
}

async function writeDuplicates(
  duplicates: ReadonlyMap<string, number>,
  db: Kysely<UsageTables>,
): Promise<void> {
  for (const chunk of chunked([...duplicates])) {
    await db
      .insertInto('usage_duplicate')
      .values(chunk.map(([key, more]) => ({ key, duplicates: more })))
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          duplicates: eb('usage_duplicate.duplicates', '+', eb.ref('excluded.duplicates')),
        })),
      )
      .execute();
  }
}

/** The lines of the events at those positions that say again what was recorded before, in order. */
export async function repeatsAt(
  db: Kysely<UsageTables>,
  positions: readonly bigint[],
): Promise<readonly Repeat[]> {
  const rows = await inChunks(positions.map(Number), (chunk) =>
    db
      .selectFrom('usage_repeat')
      .select(['position', 'line', 'first_position'])
      .where('position', 'in', chunk)
      .execute(),
  );
  return rows
    .map(({ position, line, first_position }) => ({
      position: BigInt(position),
      line,
      firstPosition: BigInt(first_position),
    }))
    .sort((a, b) =>
      a.position === b.position ? a.line - b.line : a.position < b.position ? -1 : 1,
    );
}
