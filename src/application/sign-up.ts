import { refuse, type Refused } from '../kernel/decider.ts';
import { entityId } from '../kernel/ids.ts';
import { present } from '../kernel/invariant.ts';
import { isBlank } from '../kernel/names.ts';
import { type CustomerInput } from '../customers/commands.ts';
import { recordContract, refuseContract } from './contracts.ts';
import { recordCustomer, refuseCustomer } from './customers.ts';
import { type Engine, type SignUpInput } from './engine.ts';
import { customerFact } from './facts.ts';
import { type Deps } from './handle.ts';
import { beginCreate, type Creation } from './idempotency.ts';
import { type Caller } from './ports.ts';
import { type Payers } from './payment-ports.ts';

export type SignUpDeps = Deps & {
  /** null: no payment provider is configured. */
  readonly payers: Payers | null;
};

type Names = { readonly customerId: string; readonly contractId: string };

/**
 * Everything that may be refused is looked at first. Then each step is one that may be done again:
 * the ids, and through them the provider's customer, derive from the idempotency key.
 */
export const signUpCommands = (deps: SignUpDeps): Pick<Engine, 'signUpCustomer'> => ({
  async signUpCustomer(signUp, by) {
    const creation = await beginCreate(deps, 'customer', 'signUpCustomer', signUp, by);
    if ('refused' in creation) return creation;
    const { input, idempotencyKey } = signUp;
    const names: Names = {
      customerId: creation.id,
      contractId: entityId('contract', 'key', 'signUpCustomer', idempotencyKey),
    };
    const isNew = (await customerFact(deps, names.customerId)) === null;
    const faulty = await faultIn(deps, input, names, isNew, by);
    if (faulty !== undefined) return faulty;
    const reused = await creation.bindKey();
    if (reused !== undefined) return reused;
    if (isNew) {
      const payer = await payerFor(deps, input, names);
      if (typeof payer !== 'string') return payer;
      const customer = customerFrom(input, payer);
      const recorded = await recordCustomer(deps, bound(names.customerId), customer, by);
      if ('refused' in recorded) return asSent(recorded);
    }
    const contract = { ...input.contract, customerId: names.customerId };
    const recorded = await recordContract(deps, bound(names.contractId), contract, by);
    if ('refused' in recorded) return asSent(inContract(recorded));
    return { result: names, position: recorded.position };
  },
});

/** Why the sign-up cannot be done, as far as that can be known before anything is. */
async function faultIn(
  deps: SignUpDeps,
  input: SignUpInput,
  { customerId, contractId }: Names,
  isNew: boolean,
  by: Caller,
): Promise<Refused<string> | undefined> {
  const customer = customerFrom(input, input.stripeCustomerId ?? 'to be created');
  const refused = await refuseCustomer(deps, customerId, customer, by);
  if (refused !== undefined) return asSent(refused);
  const contract = await refuseContract(deps, contractId, { ...input.contract, customerId });
  if (contract !== undefined) return asSent(inContract(contract));
  return isNew ? payerFault(deps, input) : undefined;
}

async function payerFault(
  { payers }: SignUpDeps,
  { stripeCustomerId, email }: SignUpInput,
): Promise<Refused<string> | undefined> {
  if (stripeCustomerId === null) {
    if (payers === null) return refuse('payment_provider_not_configured', ['stripeCustomerId']);
    return email === null || isBlank(email) ? refuse('email_required', ['email']) : undefined;
  }
  if (payers === null || (await payers.exists(stripeCustomerId))) return undefined;
  return refuse('provider_customer_not_found', ['stripeCustomerId'], stripeCustomerId);
}

/** The id of the customer at the provider, which is created unless there is one. */
async function payerFor(
  { payers }: SignUpDeps,
  { stripeCustomerId, name, email }: SignUpInput,
  { customerId }: Names,
): Promise<string | Refused<string>> {
  if (stripeCustomerId !== null) return stripeCustomerId;
  const found = present(payers, 'a sign-up without a provider was refused');
  const created = await found.create({ customerId, name, email: email?.trim() ?? '' });
  if ('refused' in created) {
    return refuse('payment_provider_refused', undefined, created.refused);
  }
  return created.providerCustomerId;
}

const customerFrom = (
  { name, ingestAliases, collectionMethod }: SignUpInput,
  providerCustomerId: string,
): CustomerInput => ({
  name,
  ingestAliases,
  billingConfig: { provider: 'STRIPE', providerCustomerId, collectionMethod },
});

/** The key of the whole sign-up is bound before its parts are recorded. */
const bound = (id: string): Pick<Creation, 'id' | 'bindKey'> => ({
  id,
  bindKey: () => Promise.resolve(undefined),
});

const inContract = ({ refused }: Refused<string>): Refused<string> => ({
  refused:
    refused.field === undefined ? refused : { ...refused, field: ['contract', ...refused.field] },
});

/** With the field as the input of the sign-up has it; a contract's customer is not in it. */
function asSent(refusal: Refused<string>): Refused<string> {
  const { field, ...refused } = refusal.refused;
  const path = field?.join('.');
  if (path === 'contract.customerId') return { refused };
  return path === 'billingConfig.providerCustomerId'
    ? { refused: { ...refused, field: ['stripeCustomerId'] } }
    : refusal;
}
