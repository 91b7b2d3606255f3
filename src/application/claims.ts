import { setTimeout as sleep } from 'node:timers/promises';
import { claim, type ClaimCommand, type ClaimRevoked, type ClaimState } from '../kernel/claim.ts';
import { type Refused } from '../kernel/decider.ts';
import { fingerprint } from '../kernel/ids.ts';
import { append, handle, load, type Deps } from './handle.ts';
import { RevisionConflict, type Caller } from './ports.ts';

/**
 * A kind of name that is unique across streams: where its claims stand, and who really holds one.
 */
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
  /** Claims all that the owner does not hold yet, or none. */
  readonly claim: (isHeld: (key: string) => boolean) => Promise<Refused<Reason> | undefined>;
  /** How often each was claimed: to be asked before the event that gives them up. */
  readonly claimsOf: (keys: readonly string[]) => Promise<Claims>;
  /** Releases those that nobody has claimed since. */
  readonly release: (claims: Claims) => Promise<void>;
};

/** By key, how often it was claimed. */
export type Claims = ReadonlyMap<string, number>;

export function keysOf<Reason extends string>(
  deps: Deps,
  naming: Naming,
  owner: string,
  keys: readonly string[],
  taken: (key: string) => Refused<Reason>,
  by: Caller,
): Keys<Reason> {
  const release = async (claims: Claims): Promise<void> => {
    for (const [key, claimsSeen] of claims) {
      await releaseKey(deps, naming, { key, owner, claimsSeen }, by);
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
    async claim(isHeld) {
      const fresh = new Map<string, number>();
      for (const key of keys.filter((one) => !isHeld(one))) {
        const before = await claimKey(deps, naming, key, owner, by);
        if (before === 'taken') {
          await release(fresh);
          return taken(key);
        }
        if (before.owner === null) fresh.set(key, before.claims + 1);
      }
      return undefined;
    },
    async claimsOf(asked) {
      const claims = new Map<string, number>();
      for (const key of asked) {
        claims.set(key, (await load(deps.log, claim, claimStream(naming, key))).state.claims);
      }
      return claims;
    },
  };
}

/** How the key stood before it was claimed, or renewed by its owner. */
async function claimKey(
  deps: Deps,
  naming: Naming,
  key: string,
  owner: string,
  by: Caller,
): Promise<ClaimState | 'taken'> {
  let before = claim.initial;
  for (;;) {
    const handled = await handle(deps, claim, claimStream(naming, key), by, {
      command: (state) => {
        before = state;
        return { type: 'Claim', key, owner, claimsSeen: state.claims };
      },
    });
    if (!('refused' in handled)) return before;
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
 * Takes back a claim whose owner died before it relied on it, or left it behind. The event in the
 * owner's stream makes what the owner may yet append conflict, so that it claims again; if it does
 * so before the release, it keeps the key.
 */
async function revoke(
  deps: Deps,
  naming: Naming,
  owner: string,
  key: string,
  by: Caller,
): Promise<void> {
  const { state } = await load(deps.log, claim, claimStream(naming, key));
  if (state.owner !== owner) return;
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
  await releaseKey(deps, naming, { key, owner, claimsSeen: state.claims }, by);
}

async function releaseKey(
  deps: Deps,
  naming: Naming,
  which: Omit<ClaimCommand, 'type'>,
  by: Caller,
): Promise<void> {
  await handle(deps, claim, claimStream(naming, which.key), by, {
    command: () => ({ type: 'Release', ...which }),
  });
}
