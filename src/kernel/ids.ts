import { hash } from 'node:crypto';

/** Short text that only these parts give, in this order: 32 hexadecimal digits. */
export const fingerprint = (...parts: readonly string[]): string =>
  hash('sha256', JSON.stringify(parts), 'hex').slice(0, 32);

/** Prefixes keep ids unique across all types. */
const prefixes = {
  metric: 'met',
  product: 'prd',
  rateCard: 'crd',
  rates: 'rts',
  customer: 'cus',
  contract: 'con',
} as const;

export type EntityKind = keyof typeof prefixes;

/** The id that always comes from the same seed: a random one, or an idempotency key. */
export const entityId = (kind: EntityKind, ...seed: readonly string[]): string =>
  `${prefixes[kind]}_${fingerprint(kind, ...seed)}`;

/** The UUID that always comes from the same seed: of an event that others may tell us of twice. */
export function seededUuid(...seed: readonly string[]): string {
  const digits = fingerprint('uuid', ...seed);
  const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) % 4] ?? '8';
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
  return [...parts, `${variant}${digits.slice(17, 20)}`, digits.slice(20)].join('-');
}
