import { type Instant, parseInstant } from '../kernel/calendar.ts';
import { type InvoiceType } from './events.ts';

const pattern = /^inv_([0-9a-f]{32})_(usage|scheduled)_(\d{4})(\d\d)(\d\d)T(\d\d)_(\d+)$/;

/** What an invoice id is made of; generation counts how often the period was closed before. */
export type InvoiceIdParts = {
  readonly contractId: string;
  readonly invoiceType: InvoiceType;
  readonly periodStart: Instant;
  readonly generation: number;
};

/**
 * Derived, so that a draft keeps its id when it is finalized, and a period billed again gets the
 * next one.
 */
export const invoiceIdOf = (
  contractId: string,
  invoiceType: InvoiceType,
  periodStart: Instant,
  generation: number,
): string => {
  const hour = periodStart.slice(0, 13).replaceAll('-', '');
  const contract = contractId.slice(contractId.indexOf('_') + 1);
  return `inv_${contract}_${invoiceType.toLowerCase()}_${hour}_${String(generation)}`;
};

export function parseInvoiceId(invoiceId: string): InvoiceIdParts | undefined {
  const match = pattern.exec(invoiceId);
  if (match === null) return undefined;
  const [, contract = '', type, year = '', month = '', day = '', hour = '', generation] = match;
  const periodStart = parseInstant(`${year}-${month}-${day}T${hour}:00:00Z`);
  if (periodStart === undefined) return undefined;
  return {
    contractId: `con_${contract}`,
    invoiceType: type === 'usage' ? 'USAGE' : 'SCHEDULED',
    periodStart,
    generation: Number(generation),
  };
}
