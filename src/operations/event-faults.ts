import { type LogFault } from '../application/ports.ts';
import { linesIn } from '../audit/sound.ts';
import { contractsStream } from '../contracts/events.ts';
import { customerStream } from '../customers/events.ts';
import { invoiceStream } from '../invoices/events.ts';
import { parseInstant } from '../kernel/calendar.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { usageStream } from '../usage/events.ts';
import { eventTypes, type AnyEvent } from './event-types.ts';

const knownTypes: ReadonlySet<string> = new Set(eventTypes);

/** What an event has against it by itself, in words; null: nothing. */
export function eventFault(recorded: Recorded): string | null {
  const { stored, stream } = recorded;
  if (stored !== undefined && !knownTypes.has(stored.type)) {
    return `is of a type that is not known, ${stored.type}`;
  }
  try {
    const { recordedAt } = recorded.metadata;
    if (typeof recordedAt !== 'string' || parseInstant(recordedAt) !== recordedAt) {
      return 'does not say when it was recorded';
    }
    const home = homeOf(recorded);
    return home === null || home === stream ? null : `belongs to the stream ${home}`;
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The stream that its event is read from; null: any, by its name. */
function homeOf(recorded: Recorded): string | null {
  const event = recorded.event as AnyEvent;
  switch (event.type) {
    case 'UsageRecorded': {
      const lines = linesIn(recorded);
      if (lines === null) throw new TypeError('it has no lines');
      const [first] = lines;
      return first === undefined ? null : usageStream(event.key, first.timestamp);
    }
    case 'CustomerCreated':
    case 'IngestAliasesSet':
    case 'BillingConfigSet':
    case 'CustomerArchived':
      return customerStream(event.customerId);
    case 'ContractCreated':
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
    case 'BillableMetricCreated':
    case 'ProductCreated':
    case 'RateCardCreated':
    case 'RatesAdded':
    case 'EndDateUpdated':
    case 'KeyClaimed':
    case 'KeyReleased':
    case 'ClaimRevoked':
    case 'IdempotencyKeyUsed':
    case 'TestClockAdvanced':
      return null;
  }
}

type RevisionFault = Pick<LogFault, 'revision' | 'fault'>;

/** Follows the revisions of all streams; what one has against it, or null. */
export function createRevisionChecks(): (recorded: Recorded) => RevisionFault | null {
  const streams = new Map<string, number>();
  return ({ stream, revision }) => {
    const next = (streams.get(stream) ?? -1) + 1;
    if (revision < next) {
      return { revision, fault: `stands behind revision ${String(next - 1)} of its stream` };
    }
    streams.set(stream, revision);
    if (revision === next) return null;
    const through = revision - 1;
    return {
      revision: next,
      fault:
        through === next ? 'is missing' : `and all through revision ${String(through)} are missing`,
    };
  };
}
