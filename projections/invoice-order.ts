import { z } from 'zod';
import { type InvoiceType } from '../src/contracts/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import type { InvoiceHead } from './drafts.ts';
import { type InvoicePlace } from './invoice-pages.ts';
import { decodeCursor, encodeCursor, type Edge, type PageRequest } from './page.ts';

/**
 * All given conditions hold: one of the statuses, one of the types, a periodStart in [startingAt,
 * endingBefore).
 */
export type InvoiceFilter = {
  readonly customerId: string | null;
  readonly contractId: string | null;
  readonly statuses: readonly InvoiceHead['status'][] | null;
  readonly types: readonly InvoiceType[] | null;
  readonly startingAt: Instant | null;
  readonly endingBefore: Instant | null;
};

export const matches = (filter: InvoiceFilter, head: InvoiceHead): boolean =>
  (filter.statuses?.includes(head.status) ?? true) &&
  (filter.customerId === null || head.customerId === filter.customerId) &&
  (filter.contractId === null || head.contractId === filter.contractId) &&
  (filter.types?.includes(head.invoiceType) ?? true) &&
  (filter.startingAt === null || head.periodStart >= filter.startingAt) &&
  (filter.endingBefore === null || head.periodStart < filter.endingBefore);

const cursorKey: z.ZodType<InvoicePlace> = z.tuple([
  z.string().transform((text) => text as Instant),
  z.enum(['SCHEDULED', 'USAGE']),
  z.string(),
]);

/** Where the page begins, after it; null: at the first. */
export const placeIn = ({ after }: PageRequest): InvoicePlace | null =>
  decodeCursor('invoices', cursorKey, after);

export const isAfter =
  (place: InvoicePlace | null) =>
  (head: InvoiceHead): boolean =>
    place === null || compareKeys(keyOf(head), place) > 0;

/** Newest periodStart first, then SCHEDULED before USAGE, then id (billing rule 25). */
export const inOrder = (heads: readonly InvoiceHead[]): InvoiceHead[] =>
  [...heads].sort((a, b) => compareKeys(keyOf(a), keyOf(b)));

export const headEdge = (node: InvoiceHead): Edge<InvoiceHead> => ({
  cursor: encodeCursor('invoices', keyOf(node)),
  node,
});

const keyOf = ({ periodStart, invoiceType, invoiceId }: InvoiceHead): InvoicePlace => [
  periodStart,
  invoiceType,
  invoiceId,
];

function compareKeys(a: InvoicePlace, b: InvoicePlace): number {
  if (a[0] !== b[0]) return a[0] > b[0] ? -1 : 1;
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0;
}
