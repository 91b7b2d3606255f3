import { alias } from './autosales-usage.ts';
import { type Client } from './client.ts';
import { type Catalog } from './autosales-catalog.ts';

export const basicFrom = '2024-10-01T00:00:00Z';
export const bestFrom = '2025-02-01T00:00:00Z';
export const bestUntil = '2025-08-01T00:00:00Z';

/** Ends one contract and creates the next, or does both in one mutation. */
export type Upgrade = 'end and create' | 'change of plan';

export async function createCustomer(client: Client): Promise<string> {
  const { createCustomer } = await client.ask<{ createCustomer: { customer: { id: string } } }>(
    `mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } } }`,
    {
      input: {
        name: 'First Customer',
        ingestAliases: [alias],
        billingConfig: {
          provider: 'STRIPE',
          providerCustomerId: 'stripe001',
          collectionMethod: 'SEND_INVOICE',
        },
        idempotencyKey: 'customer-first',
      },
    },
  );
  return createCustomer.customer.id;
}

const createContract = async (client: Client, input: object): Promise<string> => {
  const { createContract } = await client.ask<{ createContract: { contract: { id: string } } }>(
    `mutation ($input: CreateContractInput!) { createContract(input: $input) { contract { id } } }`,
    { input },
  );
  return createContract.contract.id;
};

/** The card without what is premium. */
export const createBasic = (
  client: Client,
  customerId: string,
  { rateCardId }: Catalog,
): Promise<string> =>
  createContract(client, {
    customerId,
    rateCardId,
    name: 'Basic Contract',
    startingAt: basicFrom,
    overrides: [{ startingAt: basicFrom, applicableProductTags: ['premium'], entitled: false }],
    idempotencyKey: 'contract-basic',
  });

/** The card as it is, and the AI fee every month. */
const bestContract = (customerId: string, { rateCardId, aiProductId }: Catalog): object => ({
  customerId,
  rateCardId,
  name: 'Best Contract',
  startingAt: bestFrom,
  endingBefore: bestUntil,
  scheduledCharges: [
    {
      productId: aiProductId,
      schedule: {
        recurringSchedule: {
          startingAt: bestFrom,
          endingBefore: bestUntil,
          frequency: 'MONTHLY',
          amountDistribution: 'EACH',
          amount: '10.00',
        },
      },
    },
  ],
  idempotencyKey: 'contract-best',
});

/** From Basic to Best on the first of February. */
export async function changePlan(
  client: Client,
  upgrade: Upgrade,
  customerId: string,
  basicId: string,
  catalog: Catalog,
): Promise<string> {
  const contract = bestContract(customerId, catalog);
  if (upgrade === 'end and create') {
    await client.ask(
      `mutation ($input: UpdateContractEndDateInput!) {
        updateContractEndDate(input: $input) { contract { endingBefore } }
      }`,
      { input: { customerId, contractId: basicId, endingBefore: bestFrom } },
    );
    return createContract(client, contract);
  }
  const { changePlan } = await client.ask<{ changePlan: { started: { id: string } } }>(
    'mutation ($input: ChangePlanInput!) { changePlan(input: $input) { started { id } } }',
    { input: { fromContractId: basicId, contract } },
  );
  return changePlan.started.id;
}
