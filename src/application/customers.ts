import { isRefused, refuse, type Refused } from '../kernel/decider.ts';
import { distinct } from '../kernel/names.ts';
import { type CustomerCommand, type CustomerInput } from '../customers/commands.ts';
import { customers, holds, type CustomerState } from '../customers/decider.ts';
import { customerStream } from '../customers/events.ts';
import { contracts } from '../contracts/decider.ts';
import { contractsStream } from '../contracts/events.ts';
import { type ContractCommand } from '../contracts/commands.ts';
import { keysOf, type Claims, type Naming } from './claims.ts';
import { outcome, type Engine } from './engine.ts';
import { customerFact } from './facts.ts';
import { handle, type Deps, type Handled } from './handle.ts';
import { beginCreate, type Creation } from './idempotency.ts';
import { type Billing, type Caller } from './ports.ts';

type CustomerEngine = Pick<
  Engine,
  'createCustomer' | 'setIngestAliases' | 'setBillingConfig' | 'archiveCustomer'
>;

export const customerCommands = (deps: Deps, billing: Billing): CustomerEngine => ({
  async createCustomer(create, by) {
    const creation = await beginCreate(deps, 'customer', 'createCustomer', create, by);
    if ('refused' in creation) return creation;
    const handled = await recordCustomer(deps, creation, create.input, by);
    return outcome(handled, { customerId: creation.id });
  },

  async setIngestAliases({ customerId, ingestAliases }, by) {
    const keys = ingestKeys(deps, customerId, ingestAliases, by);
    let givenUp: Claims = new Map();
    const handled = await handle(deps, customers, customerStream(customerId), by, {
      command: (): CustomerCommand => ({ type: 'SetIngestAliases', customerId, ingestAliases }),
      beforeAppend: async (state) => {
        const left = state?.ingestAliases.filter((key) => !ingestAliases.includes(key)) ?? [];
        givenUp = await keys.claimsOf(left);
        return (await keys.refuseTaken()) ?? keys.claim(isHeldBy(state));
      },
    });
    if (!('refused' in handled)) await keys.release(givenUp);
    return outcome(handled, { customerId });
  },

  async setBillingConfig({ customerId, billingConfig }, by) {
    const handled = await handle(deps, customers, customerStream(customerId), by, {
      command: (): CustomerCommand => ({ type: 'SetBillingConfig', customerId, billingConfig }),
    });
    return outcome(handled, { customerId });
  },

  async archiveCustomer({ customerId }, by) {
    const customer = await customerFact(deps, customerId);
    if (customer === null) return refuse('customer_not_found', ['customerId']);
    const hasOpenDrafts = await billing.hasOpenDrafts(customerId, deps.clock.now());
    const sealed = await handle(deps, contracts, contractsStream(customerId), by, {
      command: (_state, now): ContractCommand => ({
        type: 'SealContracts',
        customerId,
        hasOpenDrafts,
        now,
      }),
    });
    if ('refused' in sealed) return sealed;
    const handled = await handle(deps, customers, customerStream(customerId), by, {
      command: (_state, now): CustomerCommand => ({ type: 'ArchiveCustomer', customerId, now }),
    });
    return outcome(handled, { customerId });
  },
});

/** Puts the customer in the log, with its keys. */
export async function recordCustomer(
  deps: Deps,
  { id: customerId, bindKey }: Creation,
  input: CustomerInput,
  by: Caller,
): Promise<Handled | Refused<string>> {
  const keys = ingestKeys(deps, customerId, input.ingestAliases, by);
  return handle(deps, customers, customerStream(customerId), by, {
    command: (_state, now): CustomerCommand => ({ type: 'CreateCustomer', customerId, input, now }),
    beforeAppend: async (state) => {
      if (state !== null) return bindKey();
      const refused = (await keys.refuseTaken()) ?? (await keys.claim(isHeldBy(state)));
      return refused ?? bindKey();
    },
  });
}

/** Why recordCustomer would refuse; looks only. */
export async function refuseCustomer(
  deps: Deps,
  customerId: string,
  input: CustomerInput,
  by: Caller,
): Promise<Refused<string> | undefined> {
  const state = await customerFact(deps, customerId);
  const now = deps.clock.now();
  const decision = customers.decide({ type: 'CreateCustomer', customerId, input, now }, state);
  if (isRefused(decision)) return decision;
  if (state !== null) return undefined;
  return ingestKeys(deps, customerId, input.ingestAliases, by).refuseTaken();
}

const isHeldBy =
  (state: CustomerState) =>
  (key: string): boolean =>
    holds(state, key);

const ingestKeyNaming = (deps: Deps): Naming => ({
  prefix: 'ingestKey',
  ownerStream: customerStream,
  holds: async (customerId, key) => holds(await customerFact(deps, customerId), key),
});

/**
 * The keys of a customer's usage, its id among them: claimed before the event that relies on them.
 */
function ingestKeys(deps: Deps, customerId: string, sent: readonly string[], by: Caller) {
  const keys = distinct([customerId, ...sent]);
  const taken = (key: string) => refuse('alias_taken', ['ingestAliases', sent.indexOf(key)], key);
  return keysOf(deps, ingestKeyNaming(deps), customerId, keys, taken, by);
}
