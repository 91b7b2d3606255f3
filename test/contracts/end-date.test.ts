import { describe, it } from 'vitest';
import { contracts } from '../../src/contracts/decider.ts';
import { given } from '../support/given-when-then.ts';
import {
  apart,
  at,
  changePlan,
  closed,
  created,
  customerId,
  end,
  ended,
  facts,
  input,
  month,
  monthly,
  now,
  october,
  otherId,
  override,
  reopened,
  scheduledId,
  usageId,
} from './asked.ts';

const aMinute = at('2024-10-01T00:01:00Z');
const sealed = { type: 'ContractsSealed', customerId, sealedAt: now } as const;

describe('the end of a contract', () => {
  it('may be moved back and forth, and be taken away', () => {
    given(contracts, [created()])
      .when(end(month(2)))
      .then(ended(month(2)));
    given(contracts, [created(), ended(month(2))])
      .when(end(month(1)))
      .then(ended(month(1)));
    given(contracts, [created(), ended(month(1))])
      .when(end(month(4)))
      .then(ended(month(4)));
    given(contracts, [created({ endingBefore: month(3) })])
      .when(end(null))
      .then(ended(null));
  });

  it('that is so already is no news', () => {
    given(contracts, [created()]).when(end(null)).thenNothing();
    given(contracts, [created(), ended(month(2))])
      .when(end(month(2)))
      .thenNothing();
  });

  it('may stand an hour after the start, but not at the start or before', () => {
    const hour = at('2024-10-01T01:00:00Z');
    given(contracts, [created()]).when(end(hour)).then(ended(hour));
    for (const tooEarly of [october, month(-1)]) {
      given(contracts, [created()])
        .when(end(tooEarly))
        .thenRefused('ends_before_start', ['endingBefore']);
    }
  });

  it('is on the hour, of a contract that exists', () => {
    given(contracts, [created()]).when(end(aMinute)).thenRefused('not_on_hour', ['endingBefore']);
    given(contracts)
      .when(end(month(1)))
      .thenRefused('contract_not_found', ['contractId']);
  });

  it('does not go before the end of a closed period, but may fall on it', () => {
    const history = [created(), closed(october, month(1))];
    given(contracts, history)
      .when(end(month(1)))
      .then(ended(month(1)));
    given(contracts, history)
      .when(end(at('2024-10-31T23:00:00Z')))
      .thenRefused('invoice_already_finalized', ['endingBefore']);
  });

  it('may do so once that invoice is void', () => {
    const tenth = at('2024-10-10T00:00:00Z');
    const history = [created(), closed(october, month(1)), reopened(usageId(october), month(2))];
    given(contracts, history).when(end(tenth)).then(ended(tenth));
  });

  it('may go before a finalized charge, and before an invoice of late usage alone', () => {
    const charge = closed(month(1), month(1), {
      invoiceType: 'SCHEDULED',
      invoiceId: scheduledId(month(1)),
    });
    given(contracts, [created(), charge])
      .when(end(month(1)))
      .then(ended(month(1)));
    const late = closed(month(2), month(3), { lateOnly: true });
    given(contracts, [created({ endingBefore: month(2) }), late])
      .when(end(month(1)))
      .then(ended(month(1)));
  });

  it('does not reach into another contract that rates the same usage', () => {
    const history = [
      created({ endingBefore: month(1) }),
      created({ contractId: otherId, startingAt: month(2) }),
    ];
    given(contracts, history)
      .when(end(month(2)))
      .then(ended(month(2)));
    for (const tooLate of [null, at('2024-12-01T01:00:00Z')]) {
      given(contracts, history)
        .when(end(tooLate))
        .thenRefused('contract_overlaps', ['endingBefore']);
    }
  });

  it('may move to and fro over no new time beside a contract that shares usage since', () => {
    const gained = { ...apart, usageProductIds: [...apart.usageProductIds, 'emails'] };
    const since = { facts: { ...facts, cards: { ...facts.cards, apart: gained } } };
    const other = created({ contractId: otherId, rateCardId: 'apart', startingAt: month(1) });
    given(contracts, [created(), other])
      .when(end(month(3), since))
      .then(ended(month(3)));
    const first = created({ endingBefore: month(3) });
    const history = [first, other];
    for (const earlier of [month(2), month(1), at('2024-10-17T05:00:00Z')]) {
      given(contracts, history).when(end(earlier, since)).then(ended(earlier));
    }
    for (const later of [at('2025-01-01T01:00:00Z'), month(4), null]) {
      given(contracts, history)
        .when(end(later, since))
        .thenRefused('contract_overlaps', ['endingBefore']);
    }
    // Only what is added counts: the other one has ended before that.
    const over = [first, { ...other, endingBefore: month(3) }];
    given(contracts, over).when(end(null, since)).then(ended(null));
  });

  it('stays where it is once the customer is being archived', () => {
    given(contracts, [created({ endingBefore: month(1) }), sealed])
      .when(end(null))
      .thenRefused('customer_archived', ['customerId']);
  });
});

describe('a change of plan', () => {
  const started = (change = {}) =>
    created({ contractId: otherId, name: 'Best', startingAt: month(2), ...change });

  it('ends the running contract where the next one starts, both at once', () => {
    given(contracts, [created()])
      .when(changePlan({ startingAt: month(2) }))
      .then(ended(month(2)), started());
    given(contracts, [created({ endingBefore: month(5) })])
      .when(changePlan({ startingAt: month(2) }))
      .then(ended(month(2)), started());
  });

  it('only starts the next one where the running one ends there already', () => {
    given(contracts, [created({ endingBefore: month(2) })])
      .when(changePlan({ startingAt: month(2) }))
      .then(started());
  });

  it('that was made changes nothing again', () => {
    given(contracts, [created(), ended(month(2)), started()])
      .when(changePlan({ startingAt: month(2), name: 'Anything' }))
      .thenNothing();
  });

  it('needs the contract that it ends, in force at that instant', () => {
    given(contracts)
      .when(changePlan({ startingAt: month(2) }))
      .thenRefused('contract_not_found', ['fromContractId']);
    for (const startingAt of [october, month(-1)]) {
      given(contracts, [created()])
        .when(changePlan({ startingAt }))
        .thenRefused('contract_not_running', ['contract', 'startingAt']);
    }
    given(contracts, [created({ endingBefore: month(1) })])
      .when(changePlan({ startingAt: month(2) }))
      .thenRefused('contract_not_running', ['contract', 'startingAt']);
  });

  it('names the field of the contract that is at fault', () => {
    const history = [created()];
    given(contracts, history)
      .when(changePlan({ startingAt: aMinute }))
      .thenRefused('not_on_hour', ['contract', 'startingAt']);
    given(contracts, history)
      .when(changePlan({ startingAt: month(2), overrides: [override()] }))
      .thenRefused('override_empty', ['contract', 'overrides', 0]);
    given(contracts, history)
      .when(changePlan({ startingAt: month(2), scheduledCharges: [monthly({ amount: null })] }))
      .thenRefused('amount_or_unit_price', [
        'contract',
        'scheduledCharges',
        0,
        'schedule',
        'recurringSchedule',
        'amount',
      ]);
  });

  it('is refused as a whole when a period behind that instant is closed', () => {
    given(contracts, [created(), closed(october, month(1))])
      .when(changePlan({ startingAt: at('2024-10-20T00:00:00Z') }))
      .thenRefused('invoice_already_finalized', ['contract', 'startingAt']);
  });

  it('is refused as a whole when the next contract overlaps a third', () => {
    const third = created({ contractId: `con_${'c'.repeat(32)}`, startingAt: month(4) });
    given(contracts, [created({ endingBefore: month(4) }), third])
      .when(changePlan({ startingAt: month(2) }))
      .thenRefused('contract_overlaps', ['contract', 'startingAt']);
    given(contracts, [created({ endingBefore: month(4) }), third])
      .when(changePlan({ startingAt: month(2), endingBefore: month(4) }))
      .then(ended(month(2)), started({ endingBefore: month(4) }));
  });

  it('starts no contract for a customer that is being archived', () => {
    given(contracts, [created({ endingBefore: month(2) }), sealed])
      .when(changePlan({ startingAt: month(2) }))
      .thenRefused('customer_archived', ['contract', 'customerId']);
    given(contracts, [created({ endingBefore: month(3) }), sealed])
      .when(changePlan({ startingAt: month(2) }))
      .thenRefused('customer_archived', ['contract', 'customerId']);
    const archived = { ...facts, customer: { customerId, archived: true } };
    given(contracts, [created()])
      .when(changePlan({ startingAt: month(2) }, { facts: archived, input: input() }))
      .thenRefused('customer_archived', ['contract', 'customerId']);
  });
});
