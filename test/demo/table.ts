type Align = 'left' | 'right';

/** Rows in columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[], align: readonly Align[]): string[] {
  const widths = align.map((_side, column) =>
    Math.max(0, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    align
      .map((side, column) => {
        const cell = row[column] ?? '';
        const width = widths[column] ?? 0;
        return side === 'left' ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
