import fc from 'fast-check';
import { type Recorded } from '../../src/kernel/recorded.ts';
import {
  aliasesSet,
  contractCreated,
  customerCreated,
  endDateUpdated,
  invoiceFinalized,
  invoiceVoided,
  metricCreated,
  month,
  periodClosed,
  periodReopened,
  productCreated,
  rate,
  rateCardCreated,
  ratesAdded,
  type Period,
} from './main-events.ts';
import { recorded, type MainEvent } from './recorded.ts';

/** A contract on its way through its periods: the one closed last goes from step to step. */
type Progress = {
  readonly period: Period;
  readonly step: 'open' | 'closed' | 'published' | 'void';
  /** Of its PeriodClosed. */
  readonly revision: number;
};

/** One customer's life, by the numbers drawn: each is what happens next. */
function life(customer: number, choices: readonly number[]): MainEvent[] {
  const customerId = `cus_${String(customer)}`;
  const contractId = `con_${String(customer)}`;
  const ingestAliases = [`first-${customerId}`, `second-${customerId}`];
  const events: MainEvent[] = [
    customerCreated(customerId, { ingestAliases }),
    contractCreated(customerId, contractId),
  ];
  let revision = 0;
  let cut = 0;
  let voids = 0;
  const start = (index: number): Period => ({
    customerId,
    contractId,
    index,
    cut: cut + 1,
    invoiceId: `inv_${contractId}_${String(index)}_${String(voids)}`,
  });
  let now: Progress = { period: start(0), step: 'open', revision };
  const next = (voiding: boolean): void => {
    switch (now.step) {
      case 'open':
        events.push(periodClosed(now.period));
        revision += 1;
        cut += 1;
        now = { ...now, step: 'closed', revision };
        return;
      case 'closed':
        events.push(invoiceFinalized(now.period, now.revision));
        now = { ...now, step: 'published' };
        return;
      case 'published':
        voids = voiding ? voids + 1 : 0;
        if (voiding) events.push(invoiceVoided(now.period));
        now = voiding
          ? { ...now, step: 'void' }
          : { ...now, period: start(now.period.index + 1), step: 'open' };
        return;
      case 'void':
        events.push(periodReopened(now.period));
        revision += 1;
        now = { ...now, period: start(now.period.index), step: 'open' };
        return;
    }
  };
  for (const choice of choices) {
    if (choice === 0) events.push(aliasesSet(customerId, `third-${customerId}`));
    else if (choice === 1) {
      events.push(endDateUpdated(contractId, month(now.period.index + 9)));
      revision += 1;
    } else next(choice === 2);
  }
  return events;
}

const catalog: readonly MainEvent[] = [
  metricCreated('met_1'),
  productCreated('prd_1'),
  rateCardCreated('crd_1', ['standard']),
  ratesAdded('crd_1', rate('prd_1', '0.1', month(0)), rate('prd_1', '0.2', month(3), month(4))),
  ratesAdded('crd_1', rate('prd_1', '0.3', month(5))),
];

/** The lives of a few customers, and a catalog, interleaved. */
export const anyHistory: fc.Arbitrary<readonly Recorded[]> = fc
  .array(fc.array(fc.nat({ max: 9 }), { maxLength: 14 }), { minLength: 1, maxLength: 4 })
  .chain((choices) => {
    const lives = [catalog, ...choices.map((chosen, index) => life(index, chosen))];
    const turns = lives.flatMap((events, index) => events.map(() => index));
    return fc.shuffledSubarray(turns, { minLength: turns.length }).map((order) => {
      const left = lives.map((events) => events.values());
      return recorded(...order.flatMap((index) => next(left[index])));
    });
  });

const next = (events: Iterator<MainEvent> | undefined): MainEvent[] => {
  const result = events?.next();
  return result === undefined || result.done === true ? [] : [result.value];
};
