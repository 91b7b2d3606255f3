import { type ProviderStatus } from './events.ts';

/** What is known of an invoice at its provider; externalId null: it was withdrawn unsent. */
export type External = {
  readonly externalId: string | null;
  readonly status: ProviderStatus;
  readonly hostedUrl: string | null;
};

/**
 * Later states overtake earlier ones and never the other way, so that news may come late, repeated
 * and in any order. What was paid stays paid, whatever else is said of it.
 */
const ranks: Readonly<Record<ProviderStatus, number>> = {
  DRAFT: 0,
  FINALIZED: 1,
  PAYMENT_FAILED: 2,
  UNCOLLECTIBLE: 3,
  VOID: 4,
  PAID: 5,
};

/** Whether news of that status changes what is known. */
export const isNews = (known: ProviderStatus, told: ProviderStatus): boolean =>
  ranks[told] > ranks[known];

/** Whether nothing is left to be done there: what is void here needs no more. */
export const isOver = ({ status }: External): boolean => status === 'VOID' || status === 'PAID';
