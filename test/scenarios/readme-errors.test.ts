import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';

const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

type Row = { readonly code: string; readonly reason: string; readonly field: string };

/** The README's table of errors. */
const promised = new Map<string, Row>(
  [...readme.matchAll(/^\| (an? .+?) \| `(\w+)` \| `(\w+)` \| (?:`(.+)`)? ?\|$/gm)].map(
    ([, sent = '', code = '', reason = '', field = '']) => [sent, { code, reason, field }],
  ),
);

const createCustomer =
  'mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } } }';
const createCard =
  'mutation ($input: CreateRateCardInput!) { createRateCard(input: $input) { rateCard { id } } }';
const createContract =
  'mutation ($input: CreateContractInput!) { createContract(input: $input) { contract { id } } }';
const endContract =
  'mutation ($input: UpdateContractEndDateInput!) { updateContractEndDate(input: $input) { contract { id } } }';

describe('the errors that the README tells of', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Running;
  let contract: { customerId: string; rateCardId: string; startingAt: string };
  let contractId: string;
  const seen = new Set<string>();

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startHere(folder.path, { PAYGO_TEST_CLOCK: '2025-01-01T00:00:00Z' });
    const create = async (mutation: string, input: object): Promise<string> => {
      const data = await server.client.ask<object>(mutation, { input });
      return /"id":"([^"]+)"/.exec(JSON.stringify(data))?.[1] ?? '';
    };
    const metricId = await create(
      `mutation ($input: CreateBillableMetricInput!) {
        createBillableMetric(input: $input) { billableMetric { id } }
      }`,
      { name: 'Calls', aggregation: 'COUNT', eventTypeFilter: { inValues: ['call'] } },
    );
    const productId = await create(
      'mutation ($input: CreateProductInput!) { createProduct(input: $input) { product { id } } }',
      { name: 'Calls', type: 'USAGE', billableMetricId: metricId },
    );
    const rateCardId = await create(createCard, { name: 'Card', rates: [rateOf(productId)] });
    const first = { name: 'First', ingestAliases: ['team'], idempotencyKey: 'first' };
    const customerId = await create(createCustomer, first);
    contract = { customerId, rateCardId, startingAt: '2025-01-01T00:00:00Z' };
    contractId = await create(createContract, contract);
  });

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  const rateOf = (productId: string): object => ({
    productId,
    pricing: { model: 'FLAT', unitPrice: '1' },
    entitled: true,
    startingAt: '2025-01-01T00:00:00Z',
  });

  const expectRefused = async (sent: string, mutation: string, input: object): Promise<void> => {
    const { errors } = await server.client.send(mutation, { input });
    const [error] = errors;
    const { code, reason, field } = error?.extensions ?? {};
    const found = { code, reason, field: field === undefined ? '' : JSON.stringify(field) };
    const row = promised.get(sent);
    expect(found, sent).toEqual(row && { ...row, field: row.field.replaceAll(', ', ',') });
    seen.add(sent);
  };

  it('are answered as its table says', async () => {
    await expectRefused('a second contract for the same usage and time', createContract, contract);
    await expectRefused('an ingest alias that another customer holds', createCustomer, {
      name: 'Second',
      ingestAliases: ['team'],
    });
    await expectRefused('an idempotency key again, with other input', createCustomer, {
      name: 'Other',
      idempotencyKey: 'first',
    });
    await server.client.ask(
      'mutation { advanceTestClock(to: "2025-02-03T00:00:00Z") { clock { now } } }',
    );
    await expectRefused('an end that would cut into a finalized invoice', endContract, {
      customerId: contract.customerId,
      contractId,
      endingBefore: '2025-01-15T00:00:00Z',
    });
    await expectRefused('a product that is not there', createCard, {
      name: 'Card',
      rates: [rateOf('prd_none')],
    });
    expect([...seen].sort()).toEqual([...promised.keys()].sort());
  });
});
