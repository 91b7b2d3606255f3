import { type Recorded } from '../kernel/recorded.ts';
import { usageStream, type UsageRecorded } from '../usage/events.ts';
import { stretchOf, type Owned } from './keys.ts';
import { mergedUsage } from './merged-usage.ts';
import { type Month } from './months.ts';
import { type AuditLog } from './sound.ts';

/** The streams of the keys that a customer has ever held, of some months. */
export type UsageStreams = {
  readonly names: ReadonlySet<string>;
  /** Whether an event of them is the customer's. */
  readonly isOwn: (recorded: Recorded) => boolean;
};

export function usageStreamsOf(
  owned: ReadonlyMap<string, readonly Owned[]>,
  months: Iterable<Month>,
): UsageStreams {
  const stretches = new Map<string, readonly Owned[]>();
  for (const month of months) {
    for (const [key, own] of owned) stretches.set(usageStream(key, month), own);
  }
  return {
    names: new Set(stretches.keys()),
    isOwn: ({ stream, position }) => stretchOf(stretches.get(stream) ?? [], position) !== undefined,
  };
}

/** The events of the streams up to the position, in log order, with their stored texts. */
export const usageThrough = (
  log: Pick<AuditLog, 'readStream'>,
  { names }: UsageStreams,
  through: bigint,
): AsyncGenerator<readonly Recorded<UsageRecorded>[]> =>
  mergedUsage(
    log,
    Array.from(names, (stream) => ({ stream, from: 0 })),
    { after: 0n, through, stored: true },
  );
