import { refuse } from '../kernel/decider.ts';
import { keptAliases } from '../customers/aliases.ts';
import { type CustomerCommand } from '../customers/commands.ts';
import { customers, holds } from '../customers/decider.ts';
import { customerStream } from '../customers/events.ts';
import { contracts } from '../contracts/decider.ts';
import { contractsStream } from '../contracts/events.ts';
import { type ContractCommand } from '../contracts/commands.ts';
import { newId } from './catalog.ts';
import { claimKeys, firstTaken, releaseKeys, type Naming } from './claims.ts';
import { outcome, type Engine } from './engine.ts';
import { customerFact } from './facts.ts';
import { handle, type Deps } from './handle.ts';
import { keyBefore, useKey } from './idempotency.ts';
import { type Billing, type Caller } from './ports.ts';

type CustomerEngine = Pick<
  Engine,
  'createCustomer' | 'setIngestAliases' | 'setBillingConfig' | 'archiveCustomer'
>;

export const customerCommands = (deps: Deps, billing: Billing): CustomerEngine => ({
  async createCustomer(create, by) {
    const operation = 'createCustomer';
    const customerId = newId('customer', operation, create);
    const { input, idempotencyKey } = create;
    const reused = await keyBefore(deps, operation, idempotencyKey, input);
    if (reused !== undefined) return reused;
    const keys = aliasKeys(deps, customerId, input.ingestAliases, by);
    const handled = await handle(deps, customers, customerStream(customerId), by, {
      command: (_state, now): CustomerCommand => ({
        type: 'CreateCustomer',
        customerId,
        input,
        now,
      }),
      beforeAppend: async () =>
        (await keys.refuseTaken()) ??
        (await useKey(deps, operation, idempotencyKey, input, customerId, by)) ??
        (await keys.claim()),
    });
    return outcome(handled, { customerId });
  },

  async setIngestAliases({ customerId, ingestAliases }, by) {
    const keys = aliasKeys(deps, customerId, ingestAliases, by);
    let held: readonly string[] = [];
    const handled = await handle(deps, customers, customerStream(customerId), by, {
      command: (state): CustomerCommand => {
        held = state?.ingestAliases ?? [];
        return { type: 'SetIngestAliases', customerId, ingestAliases };
      },
      beforeAppend: async () => (await keys.refuseTaken()) ?? (await keys.claim()),
    });
    if (!('refused' in handled)) {
      await keys.release(held.filter((key) => !ingestAliases.includes(key)));
    }
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

export const ingestKeyNaming = (deps: Deps): Naming => ({
  prefix: 'ingestKey',
  ownerStream: customerStream,
  holds: async (customerId, key) => holds(await customerFact(deps, customerId), key),
});

/** The keys of a customer's usage, its id among them: claimed before the event that relies on them. */
const aliasKeys = (deps: Deps, customerId: string, sent: readonly string[], by: Caller) => {
  const naming = ingestKeyNaming(deps);
  const keys = [customerId, ...keptAliases(customerId, sent)];
  const taken = (place: number | undefined) => {
    const key = keys[place ?? 0] ?? '';
    return refuse('alias_taken', ['ingestAliases', sent.indexOf(key)], key);
  };
  return {
    async refuseTaken() {
      const place = await firstTaken(deps, naming, keys, customerId);
      return place === undefined ? undefined : taken(place);
    },
    async claim() {
      const refused = await claimKeys(deps, naming, keys, customerId, by);
      return refused === undefined ? undefined : taken(Number(refused.refused.field?.[0]));
    },
    release: (left: readonly string[]) => releaseKeys(deps, naming, left, customerId, by),
  };
};
