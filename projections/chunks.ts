const chunkSize = 1000;

/**
 * What `read` finds for all of many ids, asked for in chunks that every store takes in one query.
 */
export async function inChunks<Id, Row>(
  ids: readonly Id[],
  read: (chunk: readonly Id[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const distinct = [...new Set(ids)];
  const rows: Row[] = [];
  for (let start = 0; start < distinct.length; start += chunkSize) {
    for (const row of await read(distinct.slice(start, start + chunkSize))) rows.push(row);
  }
  return rows;
}
