import { type Pricing } from '../../src/catalog/events.ts';

/** All figures of the reference are whole numbers of 10^-60. */
const digits = 60;
const unit = 10n ** BigInt(digits);

const fixed = (text: string): bigint => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const value = BigInt(whole + fraction.padEnd(digits, '0'));
  return text.startsWith('-') ? -value : value;
};
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const times = (a: bigint, b: bigint): bigint => (a * b) / unit;

/** Cents, half away from zero. */
const cents = (value: bigint): bigint => {
  const half = unit / 200n;
  const magnitude = ((value < 0n ? -value : value) + half) / (unit / 100n);
  return value < 0n ? -magnitude : magnitude;
};

/** What a quantity costs in US cents, by whole-number arithmetic of its own. */
export function centsFor(pricing: Pricing, quantity: string): bigint {
  const sent = fixed(quantity);
  const left = sent <= 0n ? sent : most(0n, sent - fixed(pricing.freeUnits ?? '0'));
  if (pricing.model === 'FLAT') return cents(times(left, fixed(pricing.unitPrice)));
  if (pricing.model === 'PERCENTAGE') return cents(times(left, fixed(pricing.rate)));
  if (left <= 0n) return 0n;
  if (pricing.model === 'PACKAGE') {
    const size = fixed(pricing.packageSize);
    const packages = left / size + (left % size === 0n ? 0n : 1n);
    return cents(packages * fixed(pricing.packagePrice));
  }
  const bounds = pricing.tiers.map(({ upTo }) => (upTo === null ? left : fixed(upTo)));
  const prices = pricing.tiers.map((tier) => [fixed(tier.unitPrice), fixed(tier.flatFee ?? '0')]);
  const last = bounds.findIndex((bound) => left <= bound);
  if (pricing.model === 'VOLUME') {
    const [price = 0n, fee = 0n] = prices[last] ?? [];
    return cents(times(left, price) + fee);
  }
  return prices.slice(0, last + 1).reduce((sum, [price = 0n, fee = 0n], index) => {
    const from = index === 0 ? 0n : (bounds[index - 1] ?? 0n);
    return sum + cents(times(least(left, bounds[index] ?? left) - from, price) + fee);
  }, 0n);
}
