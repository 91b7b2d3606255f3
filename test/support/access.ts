import { createHash } from 'node:crypto';
import { createClient, type Client } from './client.ts';
import { startHere, temporaryFolder } from './paygo.ts';
import { fillAccount, type Standing } from './refusals-account.ts';

/** A token of each role, and one that is bound to the account's first customer. */
export const tokens = {
  admin: 'admin-token-of-some-length',
  ingest: 'ingest-token-of-some-length',
  read: 'read-token-of-some-length',
  bound: 'bound-token-of-some-length',
};
export type Role = keyof typeof tokens;

/** The actor that events of that token name. */
export const actorOf = (role: Role): string =>
  `token:${createHash('sha256').update(tokens[role]).digest('hex').slice(0, 8)}`;

export type GuardedAccount = {
  readonly url: string;
  readonly folder: string;
  readonly account: Standing;
  readonly clients: Readonly<Record<Role, Client>>;
  stop(): Promise<void>;
  remove(): Promise<void>;
};

const testClock = { PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z' };

/**
 * A server that asks for tokens. Its account was made before, so that a token can be bound to a
 * customer of it.
 */
export async function openGuarded(): Promise<GuardedAccount> {
  const folder = await temporaryFolder();
  const open = await startHere(folder.path, testClock);
  const account = await fillUsed(open.client).finally(() => open.stop());
  const { admin, ingest, read, bound } = tokens;
  const bindings = [
    `${admin}:admin`,
    `${ingest}:ingest`,
    `${read}:read`,
    `${bound}:read:${account.customer}`,
  ];
  const { url, ...server } = await startHere(folder.path, {
    ...testClock,
    PAYGO_API_TOKENS: bindings.join(','),
  });
  const clients = {
    admin: createClient(url, admin),
    ingest: createClient(url, ingest),
    read: createClient(url, read),
    bound: createClient(url, bound),
  };
  return {
    url,
    folder: folder.path,
    account,
    clients,
    stop: () => server.stop(),
    remove: folder.remove,
  };
}

/**
 * The account, with an email of two customers in January; and of two in periods that are closed,
 * with the id `billed`, and who sent it.
 */
async function fillUsed(client: Client): Promise<Standing> {
  const email = (customerId: string, name: string, timestamp: string) => ({
    ...{ transactionId: `${name}-of-${customerId}`, customerId, eventType: 'email', timestamp },
  });
  const record = (events: readonly object[]) =>
    client.ask(
      'mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { position } }',
      { events },
    );
  const account = await fillAccount(client, async ({ customer, third }) => {
    await record([
      email(customer, 'billed', '2024-11-10T00:00:00Z'),
      email(third, 'billed', '2024-10-10T00:00:00Z'),
    ]);
  });
  const users = [account.customer, account.other];
  await record(users.map((id) => email(id, 'email', '2025-01-10T00:00:00Z')));
  return account;
}

/** Who may call what, beside admin, who may everything. A new operation has to be added here. */
const queries: Readonly<Record<string, readonly Role[]>> = {
  billableMetric: ['read'],
  product: ['read'],
  products: ['read'],
  rateCard: ['read'],
  rateCardByAlias: ['read'],
  customer: ['read', 'bound'],
  customerByIngestAlias: ['read', 'bound'],
  customers: ['read'],
  contract: ['read', 'bound'],
  invoice: ['read', 'bound'],
  invoices: ['read', 'bound'],
  previewInvoice: ['read', 'bound'],
  usage: ['read', 'bound'],
  ratedUsage: ['read', 'bound'],
  usageTrace: ['read', 'bound'],
  usageConflicts: [],
  duplicateUsageCount: [],
  unclaimedUsage: [],
  passedOverUsage: [],
  billingHistory: ['read', 'bound'],
  replayInvoice: ['read', 'bound'],
  explainLineItem: ['read', 'bound'],
  usageProof: ['read', 'bound'],
  clock: ['read', 'bound', 'ingest'],
};
const mutations: Readonly<Record<string, readonly Role[]>> = {
  createBillableMetric: [],
  createProduct: [],
  createRateCard: [],
  addRates: [],
  createCustomer: [],
  setIngestAliases: [],
  setBillingConfig: [],
  archiveCustomer: [],
  createContract: [],
  updateContractEndDate: [],
  changePlan: [],
  recordUsage: ['ingest'],
  signUpCustomer: [],
  finalizeInvoice: [],
  voidInvoice: [],
  retryInvoicePush: [],
  advanceTestClock: [],
};
export const may: Readonly<Record<string, readonly Role[]>> = { ...queries, ...mutations };
