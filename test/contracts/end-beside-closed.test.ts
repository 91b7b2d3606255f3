import { describe, expect, it } from 'vitest';
import { contracts } from '../../src/contracts/decider.ts';
import { type ContractEvent, type PeriodClosed } from '../../src/contracts/events.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { fold } from '../../src/kernel/decider.ts';
import { given } from '../support/given-when-then.ts';
import {
  apart,
  at,
  changePlan,
  closed,
  created,
  end,
  ended,
  facts,
  month,
  october,
  otherId,
  reopened,
} from './asked.ts';

const mid = at('2024-10-17T05:00:00Z');
const octoberOfOther = invoiceIdOf(otherId, 'USAGE', october, 0);

/** The first contract, and another one whose October is closed. */
const beside = (
  later: Parameters<typeof created>[0] = {},
  closing: Partial<PeriodClosed> = {},
): readonly ContractEvent[] => [
  created(),
  created({ contractId: otherId, rateCardId: 'emailsOnly', ...later }),
  closed(october, month(1), { contractId: otherId, invoiceId: octoberOfOther, ...closing }),
];

describe('the end of a contract beside a closed period of one created later', () => {
  it('does not go before the end of that period where the cards have a product in common', () => {
    for (const to of [mid, at('2024-10-31T23:00:00Z')]) {
      given(contracts, beside())
        .when(end(to))
        .thenRefused('invoice_already_finalized', ['endingBefore']);
    }
    expect(contracts.decide(end(mid), fold(contracts, beside()))).toHaveProperty(
      'refused.detail',
      octoberOfOther,
    );
    given(contracts, beside())
      .when(end(month(1)))
      .then(ended(month(1)));
  });

  it('does so for a change of plan too', () => {
    given(contracts, beside())
      .when(changePlan({ startingAt: mid }, { contractId: `con_${'c'.repeat(32)}` }))
      .thenRefused('invoice_already_finalized', ['contract', 'startingAt']);
  });

  it('may, once that invoice is void', () => {
    given(contracts, [...beside(), { ...reopened(octoberOfOther, month(2)), contractId: otherId }])
      .when(end(mid))
      .then(ended(mid));
  });

  it('may, where the cards have nothing in common', () => {
    given(contracts, beside({ rateCardId: 'apart' }))
      .when(end(mid, { facts: { cards: { ...facts.cards, apart } } }))
      .then(ended(mid));
  });

  it('may, where the period lies before the time that is dropped, or after it', () => {
    given(contracts, beside({}, { periodEnd: mid }))
      .when(end(mid))
      .then(ended(mid));
    const second = closed(month(1), month(2), { contractId: otherId, invoiceId: octoberOfOther });
    given(contracts, [...beside().slice(0, 2), ended(month(1)), second])
      .when(end(mid))
      .then(ended(mid));
  });

  it('may, where the period bills late usage alone or is a charge', () => {
    for (const kind of [{ lateOnly: true }, { invoiceType: 'SCHEDULED' }] as const) {
      given(contracts, beside({}, kind)).when(end(mid)).then(ended(mid));
    }
  });

  it('may, where that contract was created earlier: it leaves nothing to a later one', () => {
    const [first, second, closing] = beside();
    given(
      contracts,
      [second, first, closing].filter((event) => event !== undefined),
    )
      .when(end(mid))
      .then(ended(mid));
  });

  it('may move later', () => {
    given(contracts, [...beside().slice(0, 1), ended(mid), ...beside().slice(1)])
      .when(end(null, { facts: { cards: { ...facts.cards, emailsOnly: apart } } }))
      .then(ended(null));
  });
});
