import { type InvoiceEvent } from '../../src/invoices/events.ts';
import { type Samples } from './golden-samples.ts';

const march = {
  startingAt: '2025-03-01T00:00:00.000Z',
  endingBefore: '2025-04-01T00:00:00.000Z',
} as const;

export const invoiceEvents: Samples<InvoiceEvent> = {
  InvoiceFinalized: {
    type: 'InvoiceFinalized',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    contractId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b',
    invoiceType: 'USAGE',
    periodStart: march.startingAt,
    periodEnd: march.endingBefore,
    currency: 'USD',
    lines: [
      {
        lineId: 'lin_2b4d6f8a0c1e3d5f7b9a8c6e4d2f0b1a',
        type: 'USAGE',
        productId: 'prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d',
        name: 'Spreadsheet updates',
        ...march,
        period: march,
        segmentStart: march.startingAt,
        quantity: '810.5',
        unitPrice: '0.15',
        amount: '121.58',
        tier: null,
        groupValues: null,
      },
      {
        lineId: 'lin_9a7c5e3b1d2f4a6c8e0d9b7f5a3c1e2d',
        type: 'LATE_USAGE',
        productId: 'prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d',
        name: 'Spreadsheet updates',
        startingAt: '2025-02-01T00:00:00.000Z',
        endingBefore: '2025-03-01T00:00:00.000Z',
        period: {
          startingAt: '2025-02-01T00:00:00.000Z',
          endingBefore: '2025-03-01T00:00:00.000Z',
        },
        segmentStart: '2025-02-01T00:00:00.000Z',
        quantity: '-2',
        unitPrice: '0.15',
        amount: '-0.3',
        tier: null,
        groupValues: { region: 'us-east-1', room: null },
      },
    ],
    total: '121.28',
    terms: [
      {
        productId: 'prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d',
        productName: 'Spreadsheet updates',
        metricId: 'met_7d3b1f9e5c2a4860b8d6e4f2a0c1937e',
        aggregation: 'SUM',
        segments: [
          { ...march, pricing: { model: 'FLAT', unitPrice: '0.15' }, source: 'RATE_CARD' },
        ],
      },
    ],
    daysUntilDue: 30,
    issuedAt: '2025-04-02T00:00:00.000Z',
    closedBy: { stream: 'contracts-cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e', revision: 11 },
    proof: {
      usage: {
        months: ['2025-02', '2025-03'],
        events: 3,
        root: '8b1a9953c4611296a827abf8c47804d7e6c49c6b2d6f5f1b8c0f3a7d9e2b4c61',
        each: 1,
        covered: [
          {
            stream: 'usage-6f1ed002ab5595859014ebf0951522d9-202503',
            from: 0,
            through: 1,
            marks: '5d41402a7d793037',
          },
          {
            stream: 'usage-6f1ed002ab5595859014ebf0951522d9-202502',
            from: 4,
            through: 4,
            marks: '9a0364b9',
          },
        ],
        elsewhere: [
          {
            stream: 'usage-6f1ed002ab5595859014ebf0951522d9-202502',
            revision: 4,
            lines: [0, 17],
          },
        ],
      },
      previous: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    },
  },
  InvoiceVoided: {
    type: 'InvoiceVoided',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    customerId: 'cus_0f2a4c6e8b1d3f5a7c9e0b2d4f6a8c1e',
    contractId: 'con_3c5e7a9b1d2f4e6a8c0b9d7f5e3a1c2b',
    reason: 'wrong rows',
    voidedAt: '2025-04-03T10:00:00.000Z',
  },
  InvoiceSent: {
    type: 'InvoiceSent',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    provider: 'STRIPE',
    externalId: 'in_1MtHbELkdIwHu7ixl4OzzPMv',
    status: 'FINALIZED',
    hostedUrl: 'https://invoice.stripe.com/i/acct_1/test_1',
    total: '121.28',
    currency: 'USD',
  },
  InvoiceSendingFailed: {
    type: 'InvoiceSendingFailed',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    provider: 'STRIPE',
    message: "No such customer: 'cus_1'",
  },
  InvoiceSendingRetried: {
    type: 'InvoiceSendingRetried',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
  },
  InvoicePaymentUpdated: {
    type: 'InvoicePaymentUpdated',
    invoiceId: 'inv_5d7f9b1c3e5a7d9f0b2c4e6a8d1f3b5c',
    provider: 'STRIPE',
    externalId: 'in_1MtHbELkdIwHu7ixl4OzzPMv',
    status: 'PAYMENT_FAILED',
    hostedUrl: null,
    message: 'Your card was declined.',
    causeId: 'evt_1MtHbELkdIwHu7ixl4OzzPMv',
  },
};
