import { describe, expect, it } from 'vitest';
import { type Engine } from '../../src/application/engine.ts';
import { ask, only, type Answer } from './asking.ts';

/** An engine that takes one command down and refuses it, so that nothing has to be read. */
function taking(command: keyof Engine): { engine: Partial<Engine>; taken: unknown[] } {
  const taken: unknown[] = [];
  const refuse = (input: unknown): Promise<never> => {
    taken.push(input);
    return Promise.resolve({ refused: { reason: 'customer_archived' } } as never);
  };
  return { engine: { [command]: refuse }, taken };
}

async function sent(
  command: keyof Engine,
  input: object,
): Promise<{ answer: Answer; taken: unknown[] }> {
  const { engine, taken } = taking(command);
  const type = `${command[0]?.toUpperCase() ?? ''}${command.slice(1)}Input!`;
  const document = `mutation($input: ${type}) { ${command}(input: $input) { __typename } }`;
  return { answer: await ask(document, { input }, { engine }), taken };
}

const startingAt = '2024-10-01T00:00:00Z';
const rate = {
  productId: 'prd_1',
  pricing: { model: 'FLAT', unitPrice: '0.10' },
  entitled: true,
  startingAt,
};
const contract = { customerId: 'cus_1', rateCardId: 'crd_1', startingAt };
const recurringSchedule = {
  startingAt,
  endingBefore: '2025-10-01T00:00:00Z',
  frequency: 'MONTHLY',
  amount: '10.00',
};
const charge = (schedule: object) => ({ scheduledCharges: [{ productId: 'prd_1', schedule }] });
const flat = { model: 'FLAT', unitPrice: '1' };
const rates = (pricing: object) => ({ rateCardId: 'crd_1', rates: [rate, { ...rate, pricing }] });
const metric = { name: 'Emails', aggregation: 'COUNT', eventTypeFilter: {} };
const overwrite = (pricing: object) => ({
  ...contract,
  overrides: [{ startingAt, overwrite: pricing }],
});
describe('what is left out of a price or of groups', () => {
  const tiers = [{ upTo: '10.0', unitPrice: '1', flatFee: '0.50' }, { unitPrice: 2 }];

  it.each([
    [
      { model: 'GRADUATED', tiers, freeUnits: '1.0' },
      {
        model: 'GRADUATED',
        tiers: [
          { upTo: '10', unitPrice: '1', flatFee: '0.5' },
          { upTo: null, unitPrice: '2', flatFee: null },
        ],
        freeUnits: '1',
      },
    ],
    [
      { model: 'VOLUME', tiers: [{ unitPrice: '1' }] },
      { model: 'VOLUME', tiers: [{ upTo: null, unitPrice: '1', flatFee: null }] },
    ],
    [
      { model: 'PACKAGE', packageSize: '100', packagePrice: '5.00', rate: null },
      { model: 'PACKAGE', packageSize: '100', packagePrice: '5' },
    ],
    [
      { model: 'PERCENTAGE', rate: '0.0290', freeUnits: null },
      { model: 'PERCENTAGE', rate: '0.029' },
    ],
  ])('%j is taken as it is meant', async (pricing, expected) => {
    const [inRates, inOverwrite] = [
      await sent('addRates', rates(pricing)),
      await sent('createContract', overwrite(pricing)),
    ];
    expect(inRates.taken).toMatchObject([{ input: { rates: [{}, { pricing: expected }] } }]);
    expect(inOverwrite.taken).toMatchObject([{ input: { overrides: [{ overwrite: expected }] } }]);
    const [taken] = inRates.taken as [{ input: { rates: [object, { pricing: object }] } }];
    expect(taken.input.rates[1].pricing).toStrictEqual(expected);
  });

  it('is none, and group values come as text', async () => {
    const group = async (pricingGroupValues: object) => {
      const { taken } = await sent('addRates', {
        rateCardId: 'c',
        rates: [{ ...rate, pricingGroupValues }],
      });
      const [{ input }] = taken as [{ input: { rates: readonly object[] } }];
      return input.rates[0];
    };
    expect(await group({ region: 'eu', size: 1.5, isNew: true })).toMatchObject({
      pricingGroupValues: { region: 'eu', size: '1.5', isNew: 'true' },
    });
    expect(await group({})).not.toHaveProperty('pricingGroupValues');
    const metrics = await sent('createBillableMetric', { ...metric, groupKeys: [] });
    expect(metrics.taken).toMatchObject([{ input: { groupKeys: null } }]);
    const keyed = await sent('createBillableMetric', { ...metric, groupKeys: [['a', 'b'], ['c']] });
    expect(keyed.taken).toMatchObject([{ input: { groupKeys: [['a', 'b'], ['c']] } }]);
    const product = { name: 'P', type: 'USAGE', pricingGroupKey: ['a'], presentationGroupKey: [] };
    expect((await sent('createProduct', product)).taken).toMatchObject([
      { input: { pricingGroupKey: ['a'], presentationGroupKey: null } },
    ]);
  });
});

describe('a price', () => {
  it.each([
    [{ model: 'FLAT' }, 'unit_price_required', 'unitPrice'],
    [{ ...flat, tiers: [{ unitPrice: '1' }] }, 'pricing_field_not_of_model', 'tiers'],
    [{ ...flat, packageSize: '10' }, 'pricing_field_not_of_model', 'packageSize'],
    [{ ...flat, rate: '0.1' }, 'pricing_field_not_of_model', 'rate'],
  ])('as %j is refused with %s', async (pricing, reason, field) => {
    const { answer, taken } = await sent('addRates', rates(pricing));
    expect(only(answer)).toMatchObject({ reason, field: ['input', 'rates', 1, 'pricing', field] });
    expect(taken).toEqual([]);
  });
});

describe('a command', () => {
  it('gets null for all that is left out, and canonical decimals and instants', async () => {
    const { taken } = await sent('createContract', {
      ...contract,
      startingAt: '2024-10-01T02:00:00+02:00',
      overrides: [
        { startingAt, applicableProductTags: ['premium'], entitled: false, multiplier: '0.90' },
      ],
      ...charge({ recurringSchedule }),
    });
    const at = '2024-10-01T00:00:00.000Z';
    const none = { productIds: null, overwrite: null, priority: null, endingBefore: null };
    expect(taken).toEqual([
      {
        idempotencyKey: null,
        input: {
          customerId: 'cus_1',
          rateCardId: 'crd_1',
          rateCardAlias: null,
          name: null,
          startingAt: at,
          endingBefore: null,
          netPaymentTermsDays: null,
          statementSchedule: null,
          overrides: [
            {
              ...none,
              startingAt: at,
              productTags: ['premium'],
              entitled: false,
              multiplier: '0.9',
            },
          ],
          scheduledCharges: [
            {
              productId: 'prd_1',
              name: null,
              scheduleItems: null,
              recurringSchedule: {
                amountDistribution: null,
                startingAt: at,
                endingBefore: '2025-10-01T00:00:00.000Z',
                frequency: 'MONTHLY',
                amount: '10',
                unitPrice: null,
                quantity: null,
              },
            },
          ],
        },
      },
    ]);
  });

  it('takes an empty list or object where nothing is meant', async () => {
    const { taken } = await sent('createBillableMetric', {
      ...metric,
      groupKeys: [],
      propertyFilters: null,
    });
    expect(taken).toHaveLength(1);
    const plain = await sent('addRates', {
      rateCardId: 'c',
      rates: [{ ...rate, pricingGroupValues: {} }],
    });
    expect(plain.taken).toHaveLength(1);
  });

  it('takes the idempotency key of a plan change from its contract', async () => {
    const change = { fromContractId: 'con_1', contract: { ...contract, idempotencyKey: 'k' } };
    const { taken } = await sent('changePlan', change);
    expect(taken).toMatchObject([{ idempotencyKey: 'k', input: { fromContractId: 'con_1' } }]);
  });

  it('takes the default currency and collection method', async () => {
    const card = await sent('createRateCard', { name: 'C' });
    expect(card.taken).toMatchObject([{ input: { currency: 'USD', rates: [], aliases: [] } }]);
    const billingConfig = { provider: 'STRIPE', providerCustomerId: 'stripe001' };
    const customer = await sent('createCustomer', { name: 'A', billingConfig });
    const collectionMethod = 'CHARGE_AUTOMATICALLY';
    expect(customer.taken).toMatchObject([
      { input: { billingConfig: { ...billingConfig, collectionMethod } } },
    ]);
  });

  it('is not made from a schedule of both kinds or of none', async () => {
    for (const schedule of [
      {},
      { recurringSchedule, scheduleItems: [] },
      { recurringSchedule: null },
    ]) {
      const { answer, taken } = await sent('createContract', { ...contract, ...charge(schedule) });
      expect(only(answer).code).toBe('BAD_USER_INPUT');
      expect(taken).toEqual([]);
    }
  });
});

describe('a field that must be sent', () => {
  const cases = [
    ['updateContractEndDate', 'endingBefore', { customerId: 'cus_1', contractId: 'con_1' }],
    ['setBillingConfig', 'billingConfig', { customerId: 'cus_1' }],
  ] as const;

  it.each(cases)('in %s is %s: left out, it is refused', async (command, field, input) => {
    const { answer, taken } = await sent(command, input);
    expect(only(answer)).toMatchObject({
      code: 'BAD_USER_INPUT',
      reason: 'field_required',
      field: ['input', field],
    });
    expect(taken).toEqual([]);
  });

  it.each(cases)('in %s is %s: null is passed on', async (command, field, input) => {
    const { taken } = await sent(command, { ...input, [field]: null });
    expect(taken).toEqual([{ ...input, [field]: null }]);
  });

  it('counts as left out when it is a variable that nobody gave', async () => {
    const { engine, taken } = taking('updateContractEndDate');
    const document = `mutation($end: DateTime) {
      updateContractEndDate(input: {customerId: "cus_1", contractId: "con_1", endingBefore: $end}) { __typename }
    }`;
    expect(only(await ask(document, {}, { engine })).reason).toBe('field_required');
    await ask(document, { end: null }, { engine });
    expect(taken).toEqual([{ customerId: 'cus_1', contractId: 'con_1', endingBefore: null }]);
  });
});
