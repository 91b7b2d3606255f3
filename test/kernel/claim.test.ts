import { describe, expect, it } from 'vitest';
import { claim, type ClaimCommand, type ClaimEvent } from '../../src/kernel/claim.ts';
import { given } from '../support/given-when-then.ts';

const key = 'team@customer.com';
const claims = (owner: string, claimsSeen = 0): ClaimCommand => ({
  type: 'Claim',
  key,
  owner,
  claimsSeen,
});
const releases = (owner: string, claimsSeen = 1): ClaimCommand => ({
  type: 'Release',
  key,
  owner,
  claimsSeen,
});
const claimed = (owner: string): ClaimEvent => ({ type: 'KeyClaimed', key, owner });
const released = (owner: string): ClaimEvent => ({ type: 'KeyReleased', key, owner });

describe('a key', () => {
  it('goes to the first who claims it', () => {
    given(claim).when(claims('cus_a')).then(claimed('cus_a'));
  });

  it('is claimed once by its owner, however often the claim is sent', () => {
    given(claim, [claimed('cus_a')])
      .when(claims('cus_a'))
      .thenNothing();
  });

  it('is renewed by its owner who claims it anew', () => {
    given(claim, [claimed('cus_a')])
      .when(claims('cus_a', 1))
      .then(claimed('cus_a'));
  });

  it('is refused to everybody else, and says who holds it', () => {
    given(claim, [claimed('cus_a')])
      .when(claims('cus_b', 1))
      .thenRefused('key_taken');
    expect(claim.decide(claims('cus_b', 1), { owner: 'cus_a', claims: 1 })).toEqual({
      refused: { reason: 'key_taken', detail: 'cus_a' },
    });
  });

  it('is released by its owner only', () => {
    given(claim, [claimed('cus_a')])
      .when(releases('cus_a'))
      .then(released('cus_a'));
    given(claim, [claimed('cus_a')])
      .when(releases('cus_b'))
      .thenNothing();
    given(claim).when(releases('cus_a', 0)).thenNothing();
  });

  it('that was renewed is not released by one who did not see that', () => {
    const history = [claimed('cus_a'), claimed('cus_a')];
    given(claim, history).when(releases('cus_a', 1)).thenNothing();
    given(claim, history).when(releases('cus_a', 2)).then(released('cus_a'));
  });

  it('can be claimed by another once it is released', () => {
    const history = [claimed('cus_a'), released('cus_a')];
    given(claim, history).when(claims('cus_b', 1)).then(claimed('cus_b'));
    given(claim, [...history, claimed('cus_b')])
      .when(claims('cus_a', 2))
      .thenRefused('key_taken');
  });
});
