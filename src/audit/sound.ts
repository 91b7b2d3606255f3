import { DamagedLog, type EventLog } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type UsageRecorded } from '../usage/events.ts';

/** Reads only; every event has its stored texts. */
export type AuditLog = Pick<EventLog, 'readStream' | 'readAll'>;

/**
 * The events of a stream from its beginning, at most so many. Throws DamagedLog when one of them is
 * missing, or cannot be read.
 */
export async function soundEvents(
  log: Pick<AuditLog, 'readStream'>,
  stream: string,
  maxCount?: number,
): Promise<readonly Recorded[]> {
  const limit = maxCount === undefined ? {} : { maxCount };
  const events = await log.readStream(stream, { ...limit, stored: true });
  for (const [revision, recorded] of events.entries()) {
    if (recorded.revision !== revision) throw new DamagedLog({ stream, revision });
    if (!isReadable(recorded)) throw new DamagedLog({ stream, revision }, 'cannot be read');
  }
  return events;
}

/** Whether its text still is an event of a known version. */
export function isReadable(recorded: Recorded): boolean {
  try {
    return typeof recorded.event.type === 'string';
  } catch {
    return false;
  }
}

/** The lines of an event of usage; null: they cannot be read. */
export function linesIn(recorded: Recorded): UsageRecorded['lines'] | null {
  const lines: unknown = isReadable(recorded)
    ? (recorded.event as Partial<UsageRecorded>).lines
    : null;
  return Array.isArray(lines) ? (lines as UsageRecorded['lines']) : null;
}
