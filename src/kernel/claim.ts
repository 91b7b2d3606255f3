import { accept, refuse, type Decider } from './decider.ts';

/**
 * A name that at most one owner may hold: uniqueness across streams is decided in the name's own
 * stream.
 */
export type KeyClaimed = {
  readonly type: 'KeyClaimed';
  readonly key: string;
  readonly owner: string;
};
export type KeyReleased = {
  readonly type: 'KeyReleased';
  readonly key: string;
  readonly owner: string;
};

/**
 * Stands in the stream of an owner that claimed a key and then never came to say that it holds it.
 * It changes nothing but the stream's revision: what the owner may still be about to append,
 * relying on the claim, conflicts.
 */
export type ClaimRevoked = {
  readonly type: 'ClaimRevoked';
  readonly key: string;
  readonly owner: string;
};

export type ClaimEvent = KeyClaimed | KeyReleased;

export type ClaimCommand = {
  readonly type: 'Claim' | 'Release';
  readonly key: string;
  readonly owner: string;
  /** How often the key had been claimed when this was decided upon. */
  readonly claimsSeen: number;
};

/** claims: how often the key was claimed, its owner's renewals among them. */
export type ClaimState = { readonly owner: string | null; readonly claims: number };

/**
 * An owner that is about to rely on a claim of its own renews it: a release that was decided upon
 * before that is void.
 */
export const claim: Decider<ClaimCommand, ClaimState, ClaimEvent, 'key_taken'> = {
  initial: { owner: null, claims: 0 },

  decide({ type, key, owner, claimsSeen }, state) {
    switch (type) {
      case 'Claim':
        if (state.owner === owner && state.claims > claimsSeen) return accept();
        if (state.owner !== null && state.owner !== owner) {
          return refuse('key_taken', undefined, state.owner);
        }
        return accept({ type: 'KeyClaimed', key, owner });
      case 'Release':
        return state.owner === owner && state.claims === claimsSeen
          ? accept({ type: 'KeyReleased', key, owner })
          : accept();
    }
  },

  evolve({ claims }, event) {
    switch (event.type) {
      case 'KeyClaimed':
        return { owner: event.owner, claims: claims + 1 };
      case 'KeyReleased':
        return { owner: null, claims };
    }
  },
};
