import { usageStream, type UsageRecorded } from '../../src/usage/events.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { keysEverHeld } from '../../src/audit/keys.ts';
import { type CustomerEvent } from '../../src/customers/events.ts';
import { type InvoiceFinalized, type UsageProof } from '../../src/invoices/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';

type Elsewhere = NonNullable<UsageProof['elsewhere']>;

/** What the invoice has to list, found by looking through the whole log. */
export async function elsewhereByScan(
  log: EventLog,
  { customerId, closedBy, proof }: InvoiceFinalized,
): Promise<Elsewhere> {
  const { events } = await log.readAll();
  const cut = events.find(
    ({ stream, revision }) => stream === closedBy.stream && revision === closedBy.revision,
  );
  const before = events.filter(({ position }) => position < (cut?.position ?? 0n));
  const own: readonly Recorded[] = before.filter(
    ({ stream }) => stream === `customer-${customerId}`,
  );
  const keys = keysEverHeld(customerId, own as readonly Recorded<CustomerEvent>[]);
  const months = (proof?.usage?.months ?? []).map((month) => instant(`${month}-01T00:00:00Z`));
  const streams = new Set(keys.flatMap((key) => months.map((month) => usageStream(key, month))));
  const isCovered = ({ stream, revision }: Recorded): boolean =>
    (proof?.usage?.covered ?? []).some(
      (one) => one.stream === stream && one.from <= revision && revision <= one.through,
    );
  const firsts = new Map<string, string>();
  const listed: { stream: string; revision: number; lines: number[] }[] = [];
  for (const recorded of before) {
    if (recorded.event.type !== 'UsageRecorded') continue;
    const { stream, revision, event } = recorded as Recorded<UsageRecorded>;
    const lines: number[] = [];
    for (const [index, { transactionId }] of event.lines.entries()) {
      const first = firsts.get(transactionId) ?? stream;
      firsts.set(transactionId, first);
      if (!streams.has(first)) lines.push(index);
    }
    if (lines.length > 0 && isCovered(recorded)) listed.push({ stream, revision, lines });
  }
  return listed;
}
