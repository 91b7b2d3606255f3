import { describe, expect, it } from 'vitest';
import { claim, type ClaimCommand, type ClaimEvent } from '../../src/kernel/claim.ts';
import { given } from '../support/given-when-then.ts';

const key = 'team@customer.com';
const claims = (owner: string): ClaimCommand => ({ type: 'Claim', key, owner });
const releases = (owner: string): ClaimCommand => ({ type: 'Release', key, owner });
const claimed = (owner: string): ClaimEvent => ({ type: 'KeyClaimed', key, owner });
const released = (owner: string): ClaimEvent => ({ type: 'KeyReleased', key, owner });

describe('a key', () => {
  it('goes to the first who claims it', () => {
    given(claim).when(claims('cus_a')).then(claimed('cus_a'));
  });

  it('is claimed once by its owner, however often asked', () => {
    given(claim, [claimed('cus_a')])
      .when(claims('cus_a'))
      .thenNothing();
  });

  it('is refused to everybody else, and says who holds it', () => {
    given(claim, [claimed('cus_a')])
      .when(claims('cus_b'))
      .thenRefused('key_taken');
    expect(claim.decide(claims('cus_b'), { owner: 'cus_a' })).toEqual({
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
    given(claim).when(releases('cus_a')).thenNothing();
  });

  it('can be claimed by another once it is released', () => {
    const history = [claimed('cus_a'), released('cus_a')];
    given(claim, history).when(claims('cus_b')).then(claimed('cus_b'));
    given(claim, [...history, claimed('cus_b')])
      .when(claims('cus_a'))
      .thenRefused('key_taken');
  });
});
