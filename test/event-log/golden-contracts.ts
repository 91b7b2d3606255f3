import { type ContractEvent } from '../../src/contracts/events.ts';
import { type Samples } from './golden-samples.ts';

export const contractEvents: Samples<ContractEvent> = {
  ContractCreated: {
    type: 'ContractCreated',
    contractId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    rateCardId: 'crd_4e2f6a8c0b1d3e5f7a9c8b6d4f2e0a1c',
    currency: 'USD',
    name: 'Best Contract',
    startingAt: '2025-02-01T00:00:00.000Z',
    endingBefore: '2025-08-01T00:00:00.000Z',
    overrides: [
      {
        startingAt: '2025-02-01T00:00:00.000Z',
        endingBefore: null,
        productIds: null,
        productTags: ['premium'],
        entitled: false,
        multiplier: null,
        overwrite: null,
        priority: null,
      },
      {
        startingAt: '2025-03-01T00:00:00.000Z',
        endingBefore: '2025-04-01T00:00:00.000Z',
        productIds: ['prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d'],
        productTags: null,
        entitled: null,
        multiplier: null,
        overwrite: { model: 'FLAT', unitPrice: '0.12' },
        priority: 1,
      },
    ],
    scheduledCharges: [
      {
        chargeId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b-charge-0',
        productId: 'prd_8f6e4d2c0b1a3f5e7d9c8b6a4f2e0d1c',
        name: 'AI model configuration',
        occurrences: [
          {
            timestamp: '2025-02-01T00:00:00.000Z',
            quantity: '1',
            unitPrice: '10',
            amount: '10',
          },
        ],
      },
    ],
    statementSchedule: { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' },
    netPaymentTermsDays: 30,
    createdAt: '2025-01-15T09:30:00.000Z',
  },
  EndDateUpdated: {
    type: 'EndDateUpdated',
    contractId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b',
    endingBefore: null,
    updatedAt: '2025-07-01T08:00:00.000Z',
  },
  PeriodClosed: {
    type: 'PeriodClosed',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    contractId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    invoiceType: 'USAGE',
    periodStart: '2025-03-01T00:00:00.000Z',
    periodEnd: '2025-04-01T00:00:00.000Z',
    lateOnly: false,
    cut: 8,
    closedAt: '2025-04-02T00:00:00.000Z',
  },
  PeriodReopened: {
    type: 'PeriodReopened',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    contractId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    reopenedAt: '2025-04-03T10:00:00.000Z',
  },
  ContractsSealed: {
    type: 'ContractsSealed',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    sealedAt: '2025-09-01T00:00:00.000Z',
  },
};
