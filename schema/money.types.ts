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

/** Only whole numbers keep every digit: Intl takes text of a very large number for infinity. */
function formatAmount(amount: string, currency: string): string {
  const [whole = '', fraction] = amount.replace('-', '').split('.');
  let format = formats.get(currency);
  if (format === undefined) {
    const style = { style: 'currency', currency, maximumFractionDigits: 0 } as const;
    format = new Intl.NumberFormat('en-US', style);
    formats.set(currency, format);
  }
  const sign = amount.startsWith('-') ? '-' : '';
  return `${sign}${format.format(BigInt(whole))}${fraction === undefined ? '' : `.${fraction}`}`;
}
