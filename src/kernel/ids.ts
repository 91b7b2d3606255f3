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
