import { decimal, multiply, type Decimal } from '../kernel/decimal.ts';
import { roundAmount } from '../kernel/money.ts';
import { type Pricing } from '../catalog/events.ts';

/**
 * What a quantity costs: the lines that the model gives, each rounded on its own (billing rules 6
 * and 17).
 */
export type PricedLine = {
  readonly quantity: Decimal;
  readonly unitPrice: Decimal | null;
  readonly amount: Decimal;
  readonly tier: number | null;
};

export function price(
  pricing: Pricing,
  quantity: Decimal,
  currency: string,
): readonly PricedLine[] {
  const unitPrice = decimal(pricing.unitPrice);
  const amount = roundAmount(multiply(quantity, unitPrice), currency);
  return [{ quantity, unitPrice, amount, tier: null }];
}
