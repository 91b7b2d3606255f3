import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventLog } from '../application/ports.ts';
import { timeOf } from '../application/clock.ts';
import { readAccount, type Moment, type PastSources } from '../audit/past-account.ts';
import { readPastInvoice, type PastInvoice } from '../audit/past-invoice.ts';
import { type BillableMetricCreated } from '../catalog/events.ts';
import { type ContractEvent } from '../contracts/events.ts';
import { parseInvoiceId } from '../contracts/invoice-id.ts';
import { latest, parseInstant, type Instant } from '../kernel/calendar.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { metered, onLog, WrongCall, type Call } from './command.ts';
import { findRepeats } from './find-repeats.ts';
import { eventsOf } from './log-events.ts';

type Wish = { readonly asOf: string; readonly json?: true };

/**
 * Tells an invoice as the log knew it at a position or instant, a draft or not; its exit code: 1
 * when there was none. It reads the whole log.
 */
export const pastCommand = (call: Call, invoiceId: string, { asOf, json }: Wish): Promise<number> =>
  onLog(call, async (log, { graceHours }) => {
    const folder = mkdtempSync(join(tmpdir(), 'paygo-past-'));
    try {
      const asked = await reached(log, momentOf(asOf));
      const found = await metered(call, async (progress) => {
        const known = await readKnown(log, asked, contractOf(invoiceId));
        if (known.customerId === null) return null;
        const repeats = await findRepeats(log, { folder, progress, signal: call.signal });
        const sources: PastSources = {
          ...{ log, graceHours },
          repeatsAt: (positions) => repeats.at(positions),
          metricsThrough: (position) =>
            Promise.resolve(known.metrics.filter((one) => one.position <= position).map(eventOf)),
        };
        const account = await readAccount(sources, known, known.customerId);
        return readPastInvoice(sources, account, invoiceId).finally(repeats.close);
      });
      if (found === null) throw new Error(`there was no invoice ${invoiceId} at ${asOf}`);
      for (const line of json === true ? [JSON.stringify(plain(found))] : told(found))
        call.say(line);
      return true;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

type Asked = { readonly position: bigint } | { readonly recordedAt: Instant };

function momentOf(text: string): Asked {
  if (/^\d{1,18}$/.test(text)) return { position: BigInt(text) };
  const recordedAt = parseInstant(text);
  if (recordedAt !== undefined) return { recordedAt };
  throw new WrongCall(`--as-of: "${text}" is neither a position of the log nor an instant`);
}

/** The moment, if it has come: what is told of another would not last. */
async function reached(log: EventLog, asked: Asked): Promise<Asked> {
  if ('position' in asked) {
    const head = await log.head();
    if (asked.position <= head) return asked;
    throw new WrongCall(`--as-of: the log has not come that far, it ends at ${String(head)}`);
  }
  const now = await timeOf(log);
  if (asked.recordedAt <= now) return asked;
  throw new WrongCall(`--as-of: that instant lies ahead, it is ${now}`);
}

const contractOf = (invoiceId: string): string | undefined => parseInvoiceId(invoiceId)?.contractId;

const eventOf = ({ event }: Recorded<BillableMetricCreated>): BillableMetricCreated => event;

type Known = Moment & {
  /** Whose contract it is; null: there was no such contract. */
  readonly customerId: string | null;
  readonly metrics: readonly Recorded<BillableMetricCreated>[];
};

/** What only a reading of the log from its start tells. */
async function readKnown(log: EventLog, asked: Asked, contractId?: string): Promise<Known> {
  const metrics: Recorded<BillableMetricCreated>[] = [];
  let customerId: string | null = null;
  let through = 0n;
  let now: Instant = '1000-01-01T00:00:00.000Z';
  for await (const recorded of eventsOf(log)) {
    const { position, metadata } = recorded;
    if ('position' in asked ? position > asked.position : metadata.recordedAt > asked.recordedAt) {
      break;
    }
    through = position;
    now = latest(now, metadata.recordedAt);
    if (isMetric(recorded)) metrics.push(recorded);
    else if (isOfContracts(recorded) && recorded.event.type === 'ContractCreated') {
      if (recorded.event.contractId === contractId) customerId = recorded.event.customerId;
    }
  }
  return { through, now: 'recordedAt' in asked ? asked.recordedAt : now, customerId, metrics };
}

const isMetric = (recorded: Recorded): recorded is Recorded<BillableMetricCreated> =>
  recorded.stream.startsWith('billableMetric-');

const isOfContracts = (recorded: Recorded): recorded is Recorded<ContractEvent> =>
  recorded.stream.startsWith('contracts-');

const plain = ({ status, position, content }: PastInvoice) => ({
  ...{ invoiceId: content.invoiceId, status, position: String(position) },
  ...{ total: content.total, currency: content.currency, lines: content.lines },
});

const told = ({ status, position, content }: PastInvoice): readonly string[] => [
  `${content.invoiceId}: ${status}, ${content.total} ${content.currency} at position ${String(position)}`,
  ...content.lines.map(
    ({ name, type, quantity, amount }) =>
      `${type} ${name}: ${quantity}, ${amount} ${content.currency}`,
  ),
];
