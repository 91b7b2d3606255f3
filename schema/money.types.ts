import { Field, ObjectType } from 'type-graphql';
import { decimal } from '../src/kernel/decimal.ts';
import { printAmount } from '../src/kernel/money.ts';
import { CurrencyScalar, DecimalScalar } from './scalars.ts';

@ObjectType({
  description:
    'An exact amount in major units: {amount: "0.10", currency: "USD", formatted: "$0.10"}. Printed with ' +
    "at least the currency's minor digits, more when the value has more.",
})
export class Money {
  @Field(() => DecimalScalar)
  amount: string;
  @Field(() => CurrencyScalar)
  currency: string;
  @Field(() => String, { description: 'For people, in US English.' })
  formatted: string;
}

/** The amount, a decimal in major units, as money of that currency. */
export function moneyOf(amountText: string, currency: string): Money {
  const amount = printAmount(decimal(amountText), currency);
  return {
    amount,
    currency,
    get formatted() {
      return formatAmount(amount, currency);
    },
  };
}

const formats = new Map<string, Intl.NumberFormat>();

function formatAmount(amount: string, currency: string): string {
  const digits = amount.split('.')[1]?.length ?? 0;
  const key = `${currency} ${String(digits)}`;
  let format = formats.get(key);
  if (format === undefined) {
    const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    format = new Intl.NumberFormat('en-US', { style: 'currency', currency, ...fraction });
    formats.set(key, format);
  }
  // Text keeps every digit; a number would not.
  return format.format(amount as `${number}`);
}
