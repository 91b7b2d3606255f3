import { type Kysely } from 'kysely';
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
  for (const repeat of repeats) {
    const { key, first } = repeat;
    if (repeat.sameContent && ownerOf(repeat) === ownerOf(first)) {
      duplicates.set(key, (duplicates.get(key) ?? 0) + 1);
    } else {
      conflicts.push({
        position: repeat.position,
        line: repeat.line,
        transaction_id: repeat.transactionId,
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
