import { accept, refuse, type Decider, type Decision, type Refused } from '../kernel/decider.ts';
import { distinct, isBlank, nameFault } from '../kernel/names.ts';
import { areSameAliases, ingestAliasFault } from './aliases.ts';
import {
  type ArchiveCustomer,
  type CreateCustomer,
  type CustomerCommand,
  type SetBillingConfig,
  type SetIngestAliases,
} from './commands.ts';
import { type BillingConfig, type CustomerEvent } from './events.ts';

export type CustomerRefusal =
  | 'customer_not_found'
  | 'customer_archived'
  | 'name_empty'
  | 'name_too_long'
  | 'alias_empty'
  | 'alias_too_long'
  | 'alias_taken'
  | 'too_many_aliases'
  | 'provider_customer_id_empty';

/** A customer as its decisions need it; null: there is none yet. */
export type CustomerState = {
  readonly customerId: string;
  readonly ingestAliases: readonly string[];
  readonly billingConfig: BillingConfig | null;
  readonly archived: boolean;
} | null;

type Customer = NonNullable<CustomerState>;
type CustomerDecision = Decision<CustomerEvent, CustomerRefusal>;

export const customers: Decider<CustomerCommand, CustomerState, CustomerEvent, CustomerRefusal> = {
  initial: null,

  decide(command, state) {
    if (command.type === 'CreateCustomer') return state === null ? create(command) : accept();
    if (state === null) {
      return refuse('customer_not_found', ['customerId'], command.customerId);
    }
    switch (command.type) {
      case 'SetIngestAliases':
        return setIngestAliases(command, state);
      case 'SetBillingConfig':
        return setBillingConfig(command, state);
      case 'ArchiveCustomer':
        return archive(command, state);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'CustomerCreated': {
        const { customerId, ingestAliases, billingConfig } = event;
        return { customerId, ingestAliases, billingConfig, archived: false };
      }
      case 'IngestAliasesSet':
        return state && { ...state, ingestAliases: event.ingestAliases };
      case 'BillingConfigSet':
        return state && { ...state, billingConfig: event.billingConfig };
      case 'CustomerArchived':
        return state && { ...state, archived: true };
      case 'ClaimRevoked':
        return state;
    }
  },
};

/** Whether usage that is sent under this key is the customer's. */
export const holds = (state: CustomerState, key: string): boolean =>
  state !== null && (state.customerId === key || state.ingestAliases.includes(key));

function create({ customerId, input, now }: CreateCustomer): CustomerDecision {
  const fault =
    nameFault(input.name) ??
    ingestAliasFault(customerId, input.ingestAliases) ??
    billingConfigFault(input.billingConfig);
  return (
    fault ??
    accept({
      type: 'CustomerCreated',
      customerId,
      name: input.name,
      ingestAliases: distinct(input.ingestAliases),
      billingConfig: input.billingConfig,
      createdAt: now,
    })
  );
}

function setIngestAliases(command: SetIngestAliases, state: Customer): CustomerDecision {
  const { customerId } = state;
  const ingestAliases = distinct(command.ingestAliases);
  if (areSameAliases(ingestAliases, state.ingestAliases)) return accept();
  return (
    archivedFault(state) ??
    ingestAliasFault(customerId, command.ingestAliases) ??
    accept({ type: 'IngestAliasesSet', customerId, ingestAliases })
  );
}

function setBillingConfig({ billingConfig }: SetBillingConfig, state: Customer): CustomerDecision {
  if (isSameBillingConfig(billingConfig, state.billingConfig)) return accept();
  return (
    archivedFault(state) ??
    billingConfigFault(billingConfig) ??
    accept({ type: 'BillingConfigSet', customerId: state.customerId, billingConfig })
  );
}

/** That no contract is open was decided, and sealed, in the stream of the customer's contracts. */
const archive = ({ now }: ArchiveCustomer, { customerId, archived }: Customer): CustomerDecision =>
  archived ? accept() : accept({ type: 'CustomerArchived', customerId, archivedAt: now });

const archivedFault = ({
  archived,
  customerId,
}: Customer): Refused<'customer_archived'> | undefined =>
  archived ? refuse('customer_archived', ['customerId'], customerId) : undefined;

const billingConfigFault = (
  config: BillingConfig | null,
): Refused<'provider_customer_id_empty'> | undefined =>
  config !== null && isBlank(config.providerCustomerId)
    ? refuse('provider_customer_id_empty', ['billingConfig', 'providerCustomerId'])
    : undefined;

const isSameBillingConfig = (a: BillingConfig | null, b: BillingConfig | null): boolean =>
  a?.provider === b?.provider &&
  a?.providerCustomerId === b?.providerCustomerId &&
  a?.collectionMethod === b?.collectionMethod;
