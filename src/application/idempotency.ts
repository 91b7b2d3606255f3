import { stringify } from 'safe-stable-stringify';
import { accept, refuse, type Decider, type Refused } from '../kernel/decider.ts';
import { fingerprint } from '../kernel/ids.ts';
import { handle, type Deps } from './handle.ts';
import { type Caller } from './ports.ts';

/** A create was asked for under a key: for ever, the key means this input and this result (billing rule 27). */
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

/** Binds the key to the input, or says that it is bound to another. Without a key there is nothing to do. */
export async function useKey(
  deps: Deps,
  operation: string,
  key: string | null,
  input: object,
  resultId: string,
  by: Caller,
): Promise<Refused<KeyRefusal> | undefined> {
  if (key === null) return undefined;
  if (key === '' || key.length > keyLengthMax) {
    return refuse('idempotency_key_invalid', ['idempotencyKey']);
  }
  const command = { operation, inputHash: inputHash(input), resultId };
  const handled = await handle(deps, idempotencyKey, keyStream(operation, key), by, {
    command: () => command,
  });
  return 'refused' in handled ? handled : undefined;
}

/** Whether the key was bound before; refused when it was bound to another input. */
export async function keyBefore(
  { log }: Deps,
  operation: string,
  key: string | null,
  input: object,
): Promise<Refused<KeyRefusal> | undefined> {
  if (key === null) return undefined;
  const [used] = await log.readStream(keyStream(operation, key), { maxCount: 1 });
  if (used === undefined) return undefined;
  const { inputHash: before } = used.event as IdempotencyKeyUsed;
  return before === inputHash(input)
    ? undefined
    : refuse('idempotency_key_reused', ['idempotencyKey']);
}

const keyStream = (operation: string, key: string): string =>
  `idempotency-${operation}-${fingerprint(key)}`;

/** What was left out counts as nothing, so that a field added to the input later changes no old hash. */
const inputHash = (input: object): string =>
  fingerprint(
    stringify(input, (_key, value: unknown) =>
      value === null || (Array.isArray(value) && value.length === 0) ? undefined : value,
    ) ?? '',
  );
