/** A cell; null: it is empty. */
export type Cell = string | number | null;

/** A record as RFC 4180 has it, without the line break (CRLF) behind it. */
export const csvRecord = (cells: readonly Cell[]): string => cells.map(cellText).join(',');

function cellText(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
