import { randomUUID } from 'node:crypto';
import { stringify } from 'safe-stable-stringify';
import { accept, refuse, type Decider, type Refused } from '../kernel/decider.ts';
import { entityId, fingerprint, type EntityKind } from '../kernel/ids.ts';
import { type Create, type Engine } from './engine.ts';
import { handle, load, type Deps } from './handle.ts';
import { type Caller } from './ports.ts';

/**
 * A create was asked for under a key: for ever, the key means this input and this result (billing
 * rule 27).
 */
export type IdempotencyKeyUsed = {
  readonly type: 'IdempotencyKeyUsed';
  readonly operation: string;
  readonly inputHash: string;
  readonly resultId: string;
};

type UseKey = Omit<IdempotencyKeyUsed, 'type'>;

export type KeyRefusal = 'idempotency_key_reused' | 'idempotency_key_invalid';

const idempotencyKey: Decider<UseKey, string | null, IdempotencyKeyUsed, KeyRefusal> = {
  initial: null,
  decide(command, inputHash) {
    if (inputHash === null) return accept({ type: 'IdempotencyKeyUsed', ...command });
    if (inputHash === command.inputHash) return accept();
    return refuse('idempotency_key_reused', ['idempotencyKey']);
  },
  evolve: (_state, event) => event.inputHash,
};

const keyLengthMax = 255;

/** A create under way: the id of what it makes, and what binds its idempotency key to it. */
export type Creation = {
  readonly id: string;
  /** To be done once the create is accepted; refused when another input was faster. */
  readonly bindKey: () => Promise<Refused<KeyRefusal> | undefined>;
};

/**
 * Starts a create. The same key of the same operation gives the same id; with another input it is
 * refused.
 */
export async function beginCreate(
  deps: Deps,
  kind: EntityKind,
  operation: keyof Engine,
  { input, idempotencyKey: key }: Create<object>,
  by: Caller,
): Promise<Creation | Refused<KeyRefusal>> {
  if (key === null) {
    const id = entityId(kind, 'random', randomUUID());
    return { id, bindKey: () => Promise.resolve(undefined) };
  }
  if (key === '' || key.length > keyLengthMax) {
    return refuse('idempotency_key_invalid', ['idempotencyKey']);
  }
  const stream = `idempotency-${operation}-${fingerprint(key)}`;
  const id = entityId(kind, 'key', operation, key);
  const use: UseKey = { operation, inputHash: hashOf(input), resultId: id };
  const before = await load(deps.log, idempotencyKey, stream);
  const decision = idempotencyKey.decide(use, before.state);
  if ('refused' in decision) return decision;
  return {
    id,
    async bindKey() {
      const handled = await handle(deps, idempotencyKey, stream, by, { command: () => use });
      return 'refused' in handled ? handled : undefined;
    },
  };
}

/**
 * What was left out counts as nothing, so that a field added to the input later changes no old
 * hash.
 */
const hashOf = (input: object): string =>
  fingerprint(
    stringify(input, (_key, value: unknown) => (value === null ? undefined : value)) ?? '',
  );
