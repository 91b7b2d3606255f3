import { type World } from './scenario.ts';

export type Schedule = {
  readonly frequency?: string | undefined;
  readonly day?: string | undefined;
};

/** A customer whose rows cost 2.00 each, billed by that calendar. */
export async function billedBy(
  w: World,
  usageStatementSchedule: Schedule,
  startingAt: string,
  endingBefore?: string,
) {
  const rows = await w.metered('rows');
  const rateCardId = await w.card([
    { productId: rows.productId, unitPrice: '2', startingAt: '2020-01' },
  ]);
  const customerId = await w.customer('Any');
  const terms = { customerId, rateCardId, startingAt, usageStatementSchedule };
  const contractId = await w.contract(
    endingBefore === undefined ? terms : { ...terms, endingBefore },
  );
  return { customerId, contractId, rateCardId, productId: rows.productId };
}
