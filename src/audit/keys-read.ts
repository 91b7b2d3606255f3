import { customerStream, type CustomerEvent } from '../customers/events.ts';
import { type ClaimEvent } from '../kernel/claim.ts';
import { fingerprint } from '../kernel/ids.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { holdingsOf, keysEverHeld, ownedStretches, type Owned } from './keys.ts';
import { soundEvents, type AuditLog } from './sound.ts';

type Log = Pick<AuditLog, 'readStream'>;

/** Every key that the customer has held before the cut, and what of its usage is the customer's. */
export async function ownedBefore(
  log: Log,
  customerId: string,
  cut: bigint,
): Promise<ReadonlyMap<string, readonly Owned[]>> {
  const known = (events: readonly Recorded<CustomerEvent>[]) =>
    events.filter(({ position }) => position < cut);
  const own = known(await customerEvents(log, customerId));
  const keys = keysEverHeld(customerId, own);
  const claims = await Promise.all(
    keys.map(
      async (key) =>
        (await soundEvents(
          log,
          `ingestKey-${fingerprint(key)}`,
        )) as readonly Recorded<ClaimEvent>[],
    ),
  );
  const others = new Set(claims.flat().map(({ event }) => event.owner));
  others.delete(customerId);
  const events = [...own];
  for (const other of others) events.push(...known(await customerEvents(log, other)));
  const holdings = holdingsOf(keys, events);
  return new Map([...holdings].map(([key, held]) => [key, ownedStretches(held, customerId)]));
}

const customerEvents = async (
  log: Log,
  customerId: string,
): Promise<readonly Recorded<CustomerEvent>[]> =>
  (await soundEvents(log, customerStream(customerId))) as readonly Recorded<CustomerEvent>[];
