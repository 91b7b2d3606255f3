import { setTimeout as sleep } from 'node:timers/promises';
import { claim, type ClaimRevoked } from '../kernel/claim.ts';
import { type Refused } from '../kernel/decider.ts';
import { fingerprint } from '../kernel/ids.ts';
import { append, handle, load, type Deps } from './handle.ts';
import { RevisionConflict, type Caller } from './ports.ts';

/** A kind of name that is unique across streams: where its claims stand, and who really holds one. */
export type Naming = {
  /** Prefix of the claim streams. */
  readonly prefix: 'ingestKey' | 'rateCardAlias';
  readonly ownerStream: (owner: string) => string;
  /** Whether the owner's own stream says that it holds the key. */
  readonly holds: (owner: string, key: string) => Promise<boolean>;
};

const pollsMax = 10;
const pollMs = 100;

const claimStream = ({ prefix }: Naming, key: string): string => `${prefix}-${fingerprint(key)}`;

/** Who has claimed the key, whether or not it came to hold it. */
export const claimant = async (
  { log }: Deps,
  naming: Naming,
  key: string,
): Promise<string | null> => (await load(log, claim, claimStream(naming, key))).state.owner;

/** The keys that an owner is about to hold; `taken` words the refusal of one that another holds. */
export type Keys<Reason extends string> = {
  /** Looks only, so that a refusal leaves nothing behind. */
  readonly refuseTaken: () => Promise<Refused<Reason> | undefined>;
  /** Claims all, or none. */
  readonly claim: () => Promise<Refused<Reason> | undefined>;
  readonly release: (keys: readonly string[]) => Promise<void>;
};

export function keysOf<Reason extends string>(
  deps: Deps,
  naming: Naming,
  owner: string,
  keys: readonly string[],
  taken: (key: string) => Refused<Reason>,
  by: Caller,
): Keys<Reason> {
  const release = async (left: readonly string[]): Promise<void> => {
    for (const key of left) {
      await handle(deps, claim, claimStream(naming, key), by, {
        command: () => ({ type: 'Release', key, owner }),
      });
    }
  };
  return {
    release,
    async refuseTaken() {
      for (const key of keys) {
        const other = await claimant(deps, naming, key);
        if (other !== null && other !== owner && (await naming.holds(other, key)))
          return taken(key);
      }
      return undefined;
    },
    async claim() {
      const claimed: string[] = [];
      for (const key of keys) {
        const outcome = await claimKey(deps, naming, key, owner, by);
        if (outcome === 'claimed') claimed.push(key);
        if (outcome !== 'taken') continue;
        await release(claimed);
        return taken(key);
      }
      return undefined;
    },
  };
}

async function claimKey(
  deps: Deps,
  naming: Naming,
  key: string,
  owner: string,
  by: Caller,
): Promise<'claimed' | 'had' | 'taken'> {
  for (;;) {
    const handled = await handle(deps, claim, claimStream(naming, key), by, {
      command: () => ({ type: 'Claim', key, owner }),
    });
    if (!('refused' in handled)) return handled.changed ? 'claimed' : 'had';
    const other = handled.refused.detail ?? '';
    if (await comesToHold(naming, other, key)) return 'taken';
    await revoke(deps, naming, other, key, by);
  }
}

/** An owner claims a key just before it records that it holds it; it is given a moment to do so. */
async function comesToHold(naming: Naming, owner: string, key: string): Promise<boolean> {
  for (let poll = 0; poll < pollsMax; poll += 1) {
    if (await naming.holds(owner, key)) return true;
    await sleep(pollMs);
  }
  return naming.holds(owner, key);
}

/**
 * Takes back a claim whose owner died before it relied on it, or left it behind. The event in the owner's stream
 * makes what the owner may yet append conflict, so that it looks at the claim again.
 */
async function revoke(
  deps: Deps,
  naming: Naming,
  owner: string,
  key: string,
  by: Caller,
): Promise<void> {
  const stream = naming.ownerStream(owner);
  const revoked: ClaimRevoked = { type: 'ClaimRevoked', key, owner };
  const last = (await deps.log.readStream(stream, { direction: 'backwards', maxCount: 1 })).at(0);
  if (await naming.holds(owner, key)) return;
  try {
    await append(deps, stream, last?.revision ?? 'no_stream', [revoked], by);
  } catch (error) {
    if (error instanceof RevisionConflict) return;
    throw error;
  }
  await handle(deps, claim, claimStream(naming, key), by, {
    command: () => ({ type: 'Release', key, owner }),
  });
}
