import { describe, expect, it } from 'vitest';
import { contracts } from '../../src/contracts/decider.ts';
import { type ContractEvent } from '../../src/contracts/events.ts';
import { fold } from '../../src/kernel/decider.ts';
import { given } from '../support/given-when-then.ts';
import {
  at,
  close,
  closed,
  contractId,
  created,
  customerId,
  end,
  ended,
  month,
  now,
  october,
  otherId,
  reopen,
  reopened,
  scheduledId,
  usageId,
} from './asked.ts';

const graceOver = at('2024-11-02T00:00:00Z');
const fee = {
  chargeId: 'chg_1',
  productId: 'fee',
  name: 'Fee',
  occurrences: [month(0), month(1)].map((timestamp) => ({
    timestamp,
    quantity: '1',
    unitPrice: '10',
    amount: '10',
  })),
};

describe('a billing period', () => {
  it('is closed once it is due: a grace period after its end', () => {
    given(contracts, [created()])
      .when(close(usageId(october), at('2024-11-01T23:59:59.999Z')))
      .thenRefused('not_due', ['id']);
    given(contracts, [created()])
      .when(close(usageId(october), graceOver))
      .then(closed(october, month(1), { closedAt: graceOver }));
  });

  it('may be closed early, but not before its end', () => {
    given(contracts, [created()])
      .when(close(usageId(october), at('2024-10-31T23:59:59.999Z'), { early: true }))
      .thenRefused('period_not_over', ['id']);
    given(contracts, [created()])
      .when(close(usageId(october), month(1), { early: true }))
      .then(closed(october, month(1), { closedAt: month(1) }));
  });

  it('is closed once, however often asked', () => {
    const history = [created(), closed(october, month(1), { closedAt: graceOver })];
    given(contracts, history)
      .when(close(usageId(october), graceOver))
      .thenNothing();
    given(contracts, history)
      .when(close(usageId(october), month(1), { early: true }))
      .thenNothing();
  });

  it('is closed after the earlier ones of its contract', () => {
    const december = at('2024-12-02T00:00:00Z');
    given(contracts, [created()])
      .when(close(usageId(month(1)), december))
      .thenRefused('earlier_period_open', ['id']);
    given(contracts, [created(), closed(october, month(1))])
      .when(close(usageId(month(1)), december))
      .then(closed(month(1), month(2), { cut: 2, closedAt: december }));
  });

  it('may be closed before or after one that was reopened', () => {
    const december = at('2024-12-02T00:00:00Z');
    const history = [
      created(),
      closed(october, month(1)),
      reopened(usageId(october), at('2024-11-05T00:00:00Z')),
    ];
    given(contracts, history)
      .when(close(usageId(month(1)), december))
      .then(closed(month(1), month(2), { cut: 2, closedAt: december }));
    const both = [...history, closed(month(1), month(2), { cut: 2, closedAt: december })];
    given(contracts, both)
      .when(close(usageId(october, 1), december))
      .then(
        closed(october, month(1), { invoiceId: usageId(october, 1), cut: 3, closedAt: december }),
      );
  });

  it('counts the closed periods of all contracts of the customer', () => {
    const other = created({ contractId: otherId, rateCardId: 'apart' });
    const before = closed(october, month(1), { contractId: otherId, invoiceId: 'inv_other' });
    given(contracts, [created(), other, before])
      .when(close(usageId(october), graceOver))
      .then(closed(october, month(1), { cut: 2, closedAt: graceOver }));
  });

  it('that is none, or has not begun, has no invoice', () => {
    for (const id of [
      'inv_nothing',
      usageId(at('2024-10-02T00:00:00Z')),
      usageId(month(-1)),
      usageId(october, 1),
      usageId(month(7)),
      scheduledId(october),
      usageId(october).replace('a'.repeat(32), 'b'.repeat(32)),
    ]) {
      given(contracts, [created()])
        .when(close(id, graceOver, { early: true }))
        .thenRefused('invoice_not_found', ['id']);
    }
  });

  it('cannot be closed under the id of a void invoice', () => {
    const history = [created(), closed(october, month(1)), reopened(usageId(october), graceOver)];
    given(contracts, history)
      .when(close(usageId(october), month(2)))
      .thenRefused('invoice_not_draft', ['id']);
  });
});

describe('the instant of scheduled charges', () => {
  const history = [created({ scheduledCharges: [fee] })];
  const charge = (at: typeof october, change = {}) =>
    closed(at, at, { invoiceType: 'SCHEDULED', invoiceId: scheduledId(at), ...change });

  it('is closed without grace, in any order', () => {
    given(contracts, history)
      .when(close(scheduledId(october), october))
      .then(charge(october));
    given(contracts, history)
      .when(close(scheduledId(month(1)), month(1)))
      .then(charge(month(1)));
    given(contracts, history)
      .when(close(scheduledId(month(1)), graceOver))
      .then(charge(month(1), { closedAt: graceOver }));
  });

  it('has no invoice before it has come, nor at or after the end of the contract', () => {
    given(contracts, history)
      .when(close(scheduledId(month(1)), at('2024-10-31T23:00:00Z'), { early: true }))
      .thenRefused('invoice_not_found', ['id']);
    given(contracts, [...history, ended(month(1))])
      .when(close(scheduledId(month(1)), graceOver))
      .thenRefused('invoice_not_found', ['id']);
  });
});

describe('a period for late usage alone', () => {
  const history: ContractEvent[] = [
    created({ endingBefore: month(1) }),
    closed(october, month(1), { closedAt: graceOver }),
  ];
  const lateSince = at('2024-11-20T00:00:00Z');
  const december = at('2024-12-02T00:00:00Z');

  it('is closed only while late usage waits for it', () => {
    given(contracts, history)
      .when(close(usageId(month(1)), december))
      .thenRefused('invoice_not_found', ['id']);
    given(contracts, history)
      .when(close(usageId(month(1)), december, { lateSince }))
      .then(closed(month(1), month(2), { lateOnly: true, cut: 2, closedAt: december }));
  });

  it('waits for its grace period, or its end when it is asked for', () => {
    given(contracts, history)
      .when(close(usageId(month(1)), at('2024-12-01T23:00:00Z'), { lateSince }))
      .thenRefused('not_due', ['id']);
    given(contracts, history)
      .when(close(usageId(month(1)), month(2), { lateSince, early: true }))
      .then(closed(month(1), month(2), { lateOnly: true, cut: 2, closedAt: month(2) }));
    given(contracts, history)
      .when(close(usageId(month(1)), lateSince, { lateSince, early: true }))
      .thenRefused('period_not_over', ['id']);
  });
});

describe('a voided invoice', () => {
  const history = [created(), closed(october, month(1))];

  it('reopens its period, under the next id, due a grace period after the void', () => {
    const voidedAt = at('2024-11-05T12:00:00Z');
    given(contracts, history)
      .when(reopen(usageId(october), voidedAt))
      .then(reopened(usageId(october), voidedAt));
    const after = [...history, reopened(usageId(october), voidedAt)];
    given(contracts, after)
      .when(close(usageId(october, 1), at('2024-11-06T11:59:59Z')))
      .thenRefused('not_due', ['id']);
    const due = at('2024-11-06T12:00:00Z');
    given(contracts, after)
      .when(close(usageId(october, 1), due))
      .then(closed(october, month(1), { invoiceId: usageId(october, 1), cut: 2, closedAt: due }));
  });

  it('reopens it once', () => {
    given(contracts, [...history, reopened(usageId(october), graceOver)])
      .when(reopen(usageId(october), month(3)))
      .thenNothing();
  });

  it('is one of a closed period', () => {
    for (const id of [usageId(month(1)), 'inv_nothing', usageId(october, 1)]) {
      given(contracts, history)
        .when(reopen(id, month(3)))
        .thenRefused('invoice_not_found', ['id']);
    }
  });
});

describe('the contracts of a customer who is archived', () => {
  const seal = (at: typeof now, hasOpenDrafts = false) =>
    ({ type: 'SealContracts', customerId, hasOpenDrafts, now: at }) as const;
  const sealed = (sealedAt: typeof now) =>
    ({ type: 'ContractsSealed', customerId, sealedAt }) as const;
  const billed = [
    created({ endingBefore: month(1) }),
    closed(october, month(1), { closedAt: graceOver }),
  ];

  it('are sealed, once, when there are none or all have ended and are billed', () => {
    given(contracts).when(seal(now)).then(sealed(now));
    given(contracts, billed).when(seal(graceOver)).then(sealed(graceOver));
    given(contracts, [...billed, sealed(graceOver)])
      .when(seal(month(5)))
      .thenNothing();
  });

  it('are not sealed while one runs, is to begin, has a draft, or late usage waits', () => {
    const refused = (history: readonly ContractEvent[], at: typeof now, hasOpenDrafts = false) => {
      given(contracts, history)
        .when(seal(at, hasOpenDrafts))
        .thenRefused('customer_has_open_contracts', ['customerId']);
    };
    refused([created()], now);
    refused([created({ endingBefore: month(1) })], now);
    refused([created({ endingBefore: month(1) })], graceOver);
    refused([...billed, reopened(usageId(october), graceOver)], graceOver);
    refused(billed, graceOver, true);
  });

  it('neither start nor go on', () => {
    given(contracts, [...billed, sealed(graceOver)])
      .when(end(month(2)))
      .thenRefused('customer_archived', ['customerId']);
    expect(fold(contracts, [sealed(now)]).sealed).toBe(true);
    expect(fold(contracts, billed).contracts[0]?.contractId).toBe(contractId);
  });
});
