import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageLine, type UsageRecorded } from '../src/usage/events.ts';
import { type UsageHistory } from './usage-changes.ts';
import { type Place } from './usage-measured.ts';

/** Recorded usage as the log itself holds it. */
export type UsageArchive = {
  /** The last position that is recorded. */
  readonly head: () => Promise<bigint>;
  readonly usageAt: (position: bigint) => Promise<Recorded<UsageRecorded>>;
  readonly usageBetween: UsageHistory;
};

/** A usage line as it was recorded, and where. */
export type RecordedLine = Place & {
  /** As it was sent: a customer's id or an alias. */
  readonly key: string;
  readonly usage: UsageLine;
  readonly recordedAt: Instant;
};

const nameOf = ({ position, line }: Place): string => `${String(position)} ${String(line)}`;

/** The lines at those places of the log; each event is read once. */
export async function linesAt(
  { usageAt }: Pick<UsageArchive, 'usageAt'>,
  places: readonly Place[],
): Promise<ReadonlyMap<string, RecordedLine>> {
  const lines = new Map<string, RecordedLine>();
  const inOrder = [...places].sort((a, b) => a.position - b.position);
  let recorded: Recorded<UsageRecorded> | undefined;
  for (const place of inOrder) {
    const { position, line } = place;
    if (recorded?.position !== BigInt(position)) recorded = await usageAt(BigInt(position));
    const { event, metadata } = recorded;
    const usage = present(event.lines[line], 'a recorded line stands in its event');
    const { recordedAt } = metadata;
    lines.set(nameOf(place), { position, line, key: event.key, usage, recordedAt });
  }
  return lines;
}

export const lineAt = (lines: ReadonlyMap<string, RecordedLine>, place: Place): RecordedLine =>
  present(lines.get(nameOf(place)), 'a line that was asked for');
