import { expect } from 'vitest';
import { decimal, printDecimal, sum } from '../../src/kernel/decimal.ts';

export type InvoiceRead = {
  readonly id: string;
  readonly type: 'USAGE' | 'SCHEDULED';
  readonly status: 'DRAFT' | 'FINALIZED' | 'VOID';
  readonly periodStart: string;
  readonly periodEnd: string;
  readonly issuedAt: string | null;
  readonly number: number | null;
  readonly daysUntilDue: number;
  readonly contract: { readonly id: string };
  readonly total: { readonly amount: string };
  readonly lineItems: readonly {
    readonly type: 'USAGE' | 'SCHEDULED' | 'LATE_USAGE';
    readonly name: string;
    readonly startingAt: string;
    readonly endingBefore: string;
    readonly quantity: string;
    readonly unitPrice: string | null;
    readonly amount: { readonly amount: string };
    readonly product: { readonly id: string };
  }[];
};

export const invoiceFields = `id type status periodStart periodEnd issuedAt number daysUntilDue
  contract { id } total { amount }
  lineItems { type name startingAt endingBefore quantity unitPrice amount { amount } product { id } }`;

/** An invoice's total is the sum of its lines. */
export function expectSum({ total, lineItems }: InvoiceRead): void {
  const lines = sum(lineItems.map((line) => decimal(line.amount.amount)));
  expect(printDecimal(decimal(total.amount))).toBe(printDecimal(lines));
}

/** `2024-10-01`, with the time where it is not midnight. */
export const short = (instant: string): string =>
  instant.replace('T00:00:00.000Z', '').replace(':00.000Z', 'Z');

const span = (from: string, to: string): string =>
  from === to ? short(from) : `${short(from)}..${short(to)}`;

/** `USAGE DRAFT 2024-10-01..2024-11-01 1.00: emails 10 x 0.1 = 1.00; late emails ...`. */
export function billOf(invoice: InvoiceRead): string {
  const { type, status, periodStart, periodEnd, total, lineItems } = invoice;
  const period = span(periodStart, periodEnd);
  const lines = lineItems.map((line) => {
    const dated = span(line.startingAt, line.endingBefore);
    return [
      ...(line.type === 'LATE_USAGE' ? ['late'] : []),
      `${line.name} ${line.quantity} x ${line.unitPrice ?? '?'} = ${line.amount.amount}`,
      ...(dated === period ? [] : [`(${dated})`]),
    ].join(' ');
  });
  return `${type} ${status} ${period} ${total.amount}: ${lines.join('; ')}`.trimEnd();
}
