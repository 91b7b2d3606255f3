import { type TestClockAdvanced } from '../../src/application/clock.ts';
import { type IdempotencyKeyUsed } from '../../src/application/idempotency.ts';
import { type CatalogEvent } from '../../src/catalog/events.ts';
import { type ContractEvent } from '../../src/contracts/events.ts';
import { type CustomerEvent } from '../../src/customers/events.ts';
import { type InvoiceEvent } from '../../src/invoices/events.ts';
import { type UsageEvent } from '../../src/usage/events.ts';
import { type ClaimEvent } from '../../src/kernel/claim.ts';
import { catalogEvents } from './golden-catalog.ts';
import { contractEvents } from './golden-contracts.ts';
import { invoiceEvents } from './golden-invoices.ts';
import { type Samples } from './golden-samples.ts';

type StoredEvents =
  | CatalogEvent
  | CustomerEvent
  | ContractEvent
  | UsageEvent
  | InvoiceEvent
  | ClaimEvent
  | TestClockAdvanced
  | IdempotencyKeyUsed;

/** What the golden files of each event type must read as; the compiler wants one for every type. */
export const goldenEvents: Samples<StoredEvents> = {
  ...catalogEvents,
  ...contractEvents,
  ...invoiceEvents,
  CustomerCreated: {
    type: 'CustomerCreated',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    name: 'First Customer',
    ingestAliases: ['team@customer.com'],
    billingConfig: {
      provider: 'STRIPE',
      providerCustomerId: 'stripe001',
      collectionMethod: 'SEND_INVOICE',
    },
    createdAt: '2024-09-30T12:00:00.000Z',
  },
  IngestAliasesSet: {
    type: 'IngestAliasesSet',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    ingestAliases: ['team@customer.com', 'büro@customer.com'],
  },
  BillingConfigSet: {
    type: 'BillingConfigSet',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    billingConfig: null,
  },
  CustomerArchived: {
    type: 'CustomerArchived',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    archivedAt: '2025-09-01T00:00:00.000Z',
  },
  KeyClaimed: {
    type: 'KeyClaimed',
    key: 'team@customer.com',
    owner: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
  },
  KeyReleased: {
    type: 'KeyReleased',
    key: 'team@customer.com',
    owner: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
  },
  ClaimRevoked: {
    type: 'ClaimRevoked',
    key: 'team@customer.com',
    owner: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
  },
  UsageRecorded: {
    type: 'UsageRecorded',
    key: 'team@customer.com',
    lines: [
      {
        transactionId: '6c1d9c0e-6a55-4a8e-9d0c-5f0a3b9d2e11',
        eventType: 'email_generated',
        timestamp: '2025-02-01T00:00:00.000Z',
        properties: {},
      },
      {
        transactionId: '0b7f6a3c-1c36-4b4e-8f2b-9a1d7c5e4f22',
        eventType: 'spreadsheet_updated',
        timestamp: '2025-02-14T03:15:00.123Z',
        properties: { rows: '810.5', sheets: 2, region: 'us-east-1', dryRun: false },
      },
    ],
  },
  TestClockAdvanced: { type: 'TestClockAdvanced', to: '2025-02-02T00:00:00.000Z' },
  IdempotencyKeyUsed: {
    type: 'IdempotencyKeyUsed',
    operation: 'createCustomer',
    inputHash: '9b74c9897bac770ffc029102a200c5de',
    resultId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
  },
};
