import { type CatalogEvent } from '../../src/catalog/events.ts';
import { type Samples } from './golden-samples.ts';

export const catalogEvents: Omit<Samples<CatalogEvent>, 'ClaimRevoked'> = {
  BillableMetricCreated: {
    type: 'BillableMetricCreated',
    metricId: 'met_7d3b1f9e5c2a4860b8d6e4f2a0c1937e',
    name: 'Spreadsheet rows',
    aggregation: 'SUM',
    aggregationKey: 'rows',
    eventTypeFilter: { inValues: ['spreadsheet_updated'], notInValues: null },
    propertyFilters: [
      { name: 'region', exists: true, inValues: null, notInValues: ['test'] },
      { name: 'dryRun', exists: null, inValues: ['false'], notInValues: null },
    ],
    groupKeys: [],
    createdAt: '2024-01-01T00:00:00.000Z',
  },
  ProductCreated: {
    type: 'ProductCreated',
    productId: 'prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d',
    name: 'Spreadsheet updates',
    productType: 'USAGE',
    metricId: 'met_7d3b1f9e5c2a4860b8d6e4f2a0c1937e',
    tags: ['premium'],
    createdAt: '2024-01-01T00:00:00.000Z',
  },
  RateCardCreated: {
    type: 'RateCardCreated',
    rateCardId: 'crd_4e2f6a8c0b1d3e5f7a9c8b6d4f2e0a1c',
    name: 'AutoSales standard',
    description: null,
    currency: 'USD',
    aliases: ['standard'],
    createdAt: '2024-01-01T00:00:00.000Z',
  },
  RatesAdded: {
    type: 'RatesAdded',
    rateCardId: 'crd_4e2f6a8c0b1d3e5f7a9c8b6d4f2e0a1c',
    requestKey: 'rates-2024',
    rates: [
      {
        productId: 'prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d',
        pricing: { model: 'FLAT', unitPrice: '0.15' },
        entitled: true,
        startingAt: '2024-01-01T00:00:00.000Z',
        endingBefore: null,
      },
    ],
  },
};
