import { type InvoiceContent, type InvoiceLine } from '../invoices/events.ts';

/** Where two invoices do not say the same, field by field, in words; empty: they are equal. */
export function differences(stored: InvoiceContent, replayed: InvoiceContent): readonly string[] {
  const { lines: storedLines, ...storedHead } = plain(stored);
  const { lines: replayedLines, ...replayedHead } = plain(replayed);
  const found = differing('', storedHead, replayedHead);
  const before = new Map(storedLines.map((line) => [line.lineId, line]));
  const after = new Map(replayedLines.map((line) => [line.lineId, line]));
  for (const [lineId, line] of before) {
    const other = after.get(lineId);
    if (other === undefined)
      found.push(`lines[${lineId}]: stored ${shown(line)}, replayed nothing`);
    else found.push(...differing(`lines[${lineId}]`, line, other));
  }
  for (const [lineId, line] of after) {
    if (!before.has(lineId))
      found.push(`lines[${lineId}]: stored nothing, replayed ${shown(line)}`);
  }
  if (found.length === 0 && orderOf(storedLines) !== orderOf(replayedLines)) {
    found.push('lines: they stand in another order');
  }
  return found;
}

/** What the invoice says, as JSON keeps it. */
const plain = (content: InvoiceContent): InvoiceContent =>
  JSON.parse(JSON.stringify(contentOf(content))) as InvoiceContent;

const contentOf = (content: InvoiceContent): InvoiceContent => ({
  invoiceId: content.invoiceId,
  customerId: content.customerId,
  contractId: content.contractId,
  invoiceType: content.invoiceType,
  periodStart: content.periodStart,
  periodEnd: content.periodEnd,
  currency: content.currency,
  lines: content.lines,
  total: content.total,
  terms: content.terms,
  daysUntilDue: content.daysUntilDue,
});

const orderOf = (lines: readonly InvoiceLine[]): string =>
  lines.map(({ lineId }) => lineId).join(' ');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function differing(path: string, stored: unknown, replayed: unknown): string[] {
  if (!isObject(stored) || !isObject(replayed)) {
    return stored === replayed
      ? []
      : [`${path}: stored ${shown(stored)}, replayed ${shown(replayed)}`];
  }
  const names = new Set([...Object.keys(stored), ...Object.keys(replayed)]);
  return [...names].flatMap((name) =>
    differing(path === '' ? name : `${path}.${name}`, stored[name], replayed[name]),
  );
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
