import { versionOf } from '../../src/application/handle.ts';
import { contractsStream, type ContractEvent } from '../../src/contracts/events.ts';
import {
  metricStream,
  productStream,
  rateCardStream,
  type CatalogEvent,
} from '../../src/catalog/events.ts';
import { customerStream, type CustomerEvent } from '../../src/customers/events.ts';
import { invoiceStream, type InvoiceEvent } from '../../src/invoices/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type DomainEvent, type Recorded } from '../../src/kernel/recorded.ts';

export type MainEvent = CatalogEvent | CustomerEvent | ContractEvent | InvoiceEvent;

/** An event of a stream that it does not name itself. */
export type Placed = { readonly stream: string; readonly event: DomainEvent };

const recordedAt = instant('2024-01-01T00:00:00Z');

/**
 * The events as a log would hold them that has no others: at positions from 1, each in its stream.
 */
export function recorded(...events: readonly (MainEvent | Placed)[]): Recorded[] {
  const revisions = new Map<string, number>();
  const customerOf = new Map<string, string>();
  return events.map((entry, index) => {
    const event = 'stream' in entry ? entry.event : entry;
    const stream = 'stream' in entry ? entry.stream : streamOf(entry, customerOf);
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    return {
      position: BigInt(index + 1),
      stream,
      revision,
      id: `event-${String(index + 1)}`,
      event,
      metadata: { version: versionOf(event.type), actor: 'test', requestIds: [], recordedAt },
    };
  });
}

/** customerOf: whose each contract is, learned on the way. */
function streamOf(event: MainEvent, customerOf: Map<string, string>): string {
  switch (event.type) {
    case 'BillableMetricCreated':
      return metricStream(event.metricId);
    case 'ProductCreated':
      return productStream(event.productId);
    case 'RateCardCreated':
    case 'RatesAdded':
      return rateCardStream(event.rateCardId);
    case 'CustomerCreated':
    case 'IngestAliasesSet':
    case 'BillingConfigSet':
    case 'CustomerArchived':
      return customerStream(event.customerId);
    case 'ContractCreated':
      customerOf.set(event.contractId, event.customerId);
      return contractsStream(event.customerId);
    case 'EndDateUpdated':
      return contractsStream(present(customerOf.get(event.contractId), 'created before'));
    case 'PeriodClosed':
    case 'PeriodReopened':
    case 'ContractsSealed':
      return contractsStream(event.customerId);
    case 'InvoiceFinalized':
    case 'InvoiceVoided':
    case 'InvoiceSent':
    case 'InvoiceSendingFailed':
    case 'InvoiceSendingRetried':
    case 'InvoicePaymentUpdated':
      return invoiceStream(event.invoiceId);
    case 'ClaimRevoked':
      throw new Error('a ClaimRevoked has to be placed');
  }
}
