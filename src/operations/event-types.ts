import { type TestClockAdvanced } from '../application/clock.ts';
import { type IdempotencyKeyUsed } from '../application/idempotency.ts';
import { type CatalogEvent } from '../catalog/events.ts';
import { type ContractEvent } from '../contracts/events.ts';
import { type CustomerEvent } from '../customers/events.ts';
import { type InvoiceEvent } from '../invoices/events.ts';
import { type ClaimEvent } from '../kernel/claim.ts';
import { type UsageEvent } from '../usage/events.ts';

export type AnyEvent =
  | CatalogEvent
  | CustomerEvent
  | ContractEvent
  | UsageEvent
  | InvoiceEvent
  | ClaimEvent
  | IdempotencyKeyUsed
  | TestClockAdvanced;

const types: Readonly<Record<AnyEvent['type'], true>> = {
  BillableMetricCreated: true,
  ProductCreated: true,
  RateCardCreated: true,
  RatesAdded: true,
  CustomerCreated: true,
  IngestAliasesSet: true,
  BillingConfigSet: true,
  CustomerArchived: true,
  ContractCreated: true,
  EndDateUpdated: true,
  PeriodClosed: true,
  PeriodReopened: true,
  ContractsSealed: true,
  UsageRecorded: true,
  InvoiceFinalized: true,
  InvoiceVoided: true,
  InvoiceSent: true,
  InvoiceSendingFailed: true,
  InvoiceSendingRetried: true,
  InvoicePaymentUpdated: true,
  KeyClaimed: true,
  KeyReleased: true,
  ClaimRevoked: true,
  IdempotencyKeyUsed: true,
  TestClockAdvanced: true,
};

/** Every type of event that a log may hold. */
export const eventTypes: readonly string[] = Object.keys(types);
