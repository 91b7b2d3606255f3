import { type Instant } from '../kernel/calendar.ts';
import { type BillingConfig } from './events.ts';

export type CustomerInput = {
  readonly name: string;
  readonly ingestAliases: readonly string[];
  readonly billingConfig: BillingConfig | null;
};

export type CreateCustomer = {
  readonly type: 'CreateCustomer';
  readonly customerId: string;
  readonly input: CustomerInput;
  readonly now: Instant;
};
export type SetIngestAliases = {
  readonly type: 'SetIngestAliases';
  readonly customerId: string;
  readonly ingestAliases: readonly string[];
};
export type SetBillingConfig = {
  readonly type: 'SetBillingConfig';
  readonly customerId: string;
  readonly billingConfig: BillingConfig | null;
};
export type ArchiveCustomer = {
  readonly type: 'ArchiveCustomer';
  readonly customerId: string;
  readonly now: Instant;
};

export type CustomerCommand =
  CreateCustomer | SetIngestAliases | SetBillingConfig | ArchiveCustomer;
