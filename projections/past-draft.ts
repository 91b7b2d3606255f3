import { type EventLog } from '../src/application/ports.ts';
import { differences } from '../src/audit/differences.ts';
import { type Replay } from '../src/audit/replay.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type InvoiceView } from './drafts.ts';
import { pastAt, sourcesOf } from './past.ts';
import { type ReadModels } from './read-models.ts';

export type DraftReplay = Pick<Replay, 'replayed' | 'differences' | 'eventsReplayed'>;

/** A draft, as it was read, computed again from the log up to its position. */
export async function replayDraft(
  models: ReadModels,
  log: EventLog,
  graceHours: number,
  read: { readonly view: InvoiceView; readonly now: Instant },
): Promise<DraftReplay> {
  const { content, invoiceId, position } = read.view;
  const counting = { events: 0 };
  const sources = sourcesOf(models, counted(log, counting), graceHours);
  const known = await pastAt(models, sources, { through: position, now: read.now }).invoice(
    invoiceId,
  );
  const replayed = known?.view.content ?? { ...content, lines: [], terms: [], total: '0' };
  return {
    replayed,
    differences: differences(content, replayed),
    eventsReplayed: counting.events,
  };
}

const counted = (log: EventLog, counting: { events: number }): EventLog => ({
  ...log,
  async readStream(stream, options) {
    const events = await log.readStream(stream, options);
    counting.events += events.length;
    return events;
  },
});
