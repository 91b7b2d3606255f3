import { passes, takeLease, type Lease, type LeaseContext } from './lease.ts';
import { type Held } from './leases.ts';

export type Share = {
  readonly group: string;
  readonly count: number;
  /** This process, as members of the group are known. */
  readonly process: string;
  readonly changed: (held: readonly Held[]) => void;
  /** Tries until the database answers; undefined: the signal aborted. */
  readonly answered: <Answer>(
    ask: () => Promise<Answer>,
    signal: AbortSignal,
  ) => Promise<Answer | undefined>;
  readonly lookEveryMs: number;
};

/**
 * How many leases are for that member: all members have the same number, give or take one, and know
 * by their order who takes one more.
 */
export const quotaOf = (count: number, members: readonly string[], member: string): number =>
  Math.floor(count / members.length) + (members.indexOf(member) < count % members.length ? 1 : 0);

/** Has the member's part of the leases, whoever comes and goes, until the signal aborts. */
export async function shareLeases(
  context: LeaseContext,
  share: Share,
  signal: AbortSignal,
): Promise<void> {
  const { group, count, process, answered } = share;
  const names = Array.from({ length: count }, (_, index) => `${group}-${String(index)}`);
  const hand = openHand(names, share.changed);
  const balance = async (): Promise<void> => {
    const quota = quotaOf(count, await context.table.attend(group), process);
    await hand.giveBack(quota);
    if (hand.size() >= quota) return;
    for (const name of await context.table.free(names)) {
      if (hand.size() >= quota || signal.aborted) return;
      const lease = await takeLease(context, name);
      if (lease !== null) hand.add(lease);
    }
  };
  do await answered(balance, signal);
  while (await passes(share.lookEveryMs, signal));
  await hand.giveBack(0);
  await hand.allReleased();
  await context.table.leave(group).catch((error: unknown) => {
    context.logger.warn({ err: error, group }, 'a group is not left: membership expires');
  });
}

type Hand = {
  size(): number;
  add(lease: Lease): void;
  /** All but so many. */
  giveBack(kept: number): Promise<void>;
  /** Those that were lost, too. */
  allReleased(): Promise<void>;
};

/** The leases that are held now; tells whenever that changes. */
function openHand(names: readonly string[], changed: (held: readonly Held[]) => void): Hand {
  const leases = new Map<string, Lease>();
  let lost: Promise<unknown> = Promise.resolve();
  const inOrder = (): readonly Lease[] => names.flatMap((name) => leases.get(name) ?? []);
  const tell = (): void => {
    changed(inOrder().map(({ held }) => held));
  };
  return {
    size: () => leases.size,
    add(lease) {
      const { name, signal } = lease.held;
      leases.set(name, lease);
      signal.addEventListener('abort', () => {
        if (leases.get(name) !== lease) return;
        leases.delete(name);
        tell();
        lost = Promise.all([lost, lease.release()]);
      });
      tell();
    },
    async giveBack(kept) {
      const above = inOrder().slice(kept);
      if (above.length === 0) return;
      for (const { held } of above) leases.delete(held.name);
      tell();
      await Promise.all(above.map((lease) => lease.release()));
    },
    async allReleased() {
      await lost;
    },
  };
}
