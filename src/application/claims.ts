import { setTimeout as sleep } from 'node:timers/promises';
import { claim, type ClaimRevoked } from '../kernel/claim.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
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

/** The first of the keys that another owner holds, by its place. */
export async function firstTaken(
  deps: Deps,
  naming: Naming,
  keys: readonly string[],
  owner: string,
): Promise<number | undefined> {
  for (const [index, key] of keys.entries()) {
    const other = await claimant(deps, naming, key);
    if (other !== null && other !== owner && (await naming.holds(other, key))) return index;
  }
  return undefined;
}

/** Claims all keys for the owner, or none: refused with the place of the first that another holds. */
export async function claimKeys(
  deps: Deps,
  naming: Naming,
  keys: readonly string[],
  owner: string,
  by: Caller,
): Promise<Refused<'key_taken'> | undefined> {
  const claimed: string[] = [];
  for (const [index, key] of keys.entries()) {
    const outcome = await claimKey(deps, naming, key, owner, by);
    if (outcome === 'taken') {
      await releaseKeys(deps, naming, claimed, owner, by);
      return refuse('key_taken', [index], key);
    }
    if (outcome === 'claimed') claimed.push(key);
  }
  return undefined;
}

export async function releaseKeys(
  deps: Deps,
  naming: Naming,
  keys: readonly string[],
  owner: string,
  by: Caller,
): Promise<void> {
  for (const key of keys) {
    await handle(deps, claim, claimStream(naming, key), by, {
      command: () => ({ type: 'Release', key, owner }),
    });
  }
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
  await releaseKeys(deps, naming, [key], owner, by);
}
