import { type Instant } from '../kernel/calendar.ts';
import { type ClaimRevoked } from '../kernel/claim.ts';

export type BillingProvider = 'STRIPE';
export type CollectionMethod = 'CHARGE_AUTOMATICALLY' | 'SEND_INVOICE';

/** How a customer's invoices are collected. */
export type BillingConfig = {
  readonly provider: BillingProvider;
  readonly providerCustomerId: string;
  readonly collectionMethod: CollectionMethod;
};

export type CustomerCreated = {
  readonly type: 'CustomerCreated';
  readonly customerId: string;
  readonly name: string;
  readonly ingestAliases: readonly string[];
  readonly billingConfig: BillingConfig | null;
  readonly createdAt: Instant;
};
/** The whole set. The keys were claimed before, so no two customers hold one. */
export type IngestAliasesSet = {
  readonly type: 'IngestAliasesSet';
  readonly customerId: string;
  readonly ingestAliases: readonly string[];
};
export type BillingConfigSet = {
  readonly type: 'BillingConfigSet';
  readonly customerId: string;
  readonly billingConfig: BillingConfig | null;
};
export type CustomerArchived = {
  readonly type: 'CustomerArchived';
  readonly customerId: string;
  readonly archivedAt: Instant;
};

export type CustomerEvent =
  CustomerCreated | IngestAliasesSet | BillingConfigSet | CustomerArchived | ClaimRevoked;

export const customerStream = (customerId: string): string => `customer-${customerId}`;
