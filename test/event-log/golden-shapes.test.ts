import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createCodec } from '../../src/event-log/codec.ts';
import { type Metadata } from '../../src/kernel/recorded.ts';
import { type ProductCreated, type RatesAdded } from '../../src/catalog/events.ts';
import { type InvoiceFinalized } from '../../src/invoices/events.ts';
import { catalogEvents } from './golden-catalog.ts';
import { invoiceEvents } from './golden-invoices.ts';

type Golden = {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Metadata;
};

const folder = new URL('./golden-shapes/', import.meta.url);
const codec = createCodec();
const productId = 'prd_1a9c8e7d6f5b4a3c2e1d0f9b8a7c6e5d';
const pricings: RatesAdded['rates'][number]['pricing'][] = [
  { model: 'FLAT', unitPrice: '0.15', freeUnits: '100' },
  {
    model: 'GRADUATED',
    tiers: [
      { upTo: '1000', unitPrice: '0.15', flatFee: '5' },
      { upTo: null, unitPrice: '0.1', flatFee: null },
    ],
  },
  { model: 'VOLUME', tiers: [{ upTo: null, unitPrice: '0.1', flatFee: null }] },
  { model: 'PACKAGE', packageSize: '100', packagePrice: '7' },
  { model: 'PERCENTAGE', rate: '0.029' },
];
const march = {
  startingAt: '2025-03-01T00:00:00.000Z',
  endingBefore: '2025-04-01T00:00:00.000Z',
} as const;
const [terms] = invoiceEvents.InvoiceFinalized.terms;

/** What a version's optional fields look like where they are used, by the name of its file. */
const shapes = {
  'ProductCreated.v1.grouped': {
    ...catalogEvents.ProductCreated,
    pricingGroupKey: ['region', 'tier'],
    presentationGroupKey: ['room'],
  } satisfies ProductCreated,
  'RatesAdded.v1.models': {
    ...catalogEvents.RatesAdded,
    rates: pricings.map((pricing) => ({
      ...{ productId, pricing, entitled: true, startingAt: march.startingAt, endingBefore: null },
      pricingGroupValues: { region: 'eu', tier: 'gold' },
    })),
  } satisfies RatesAdded,
  'InvoiceFinalized.v2.grouped': {
    ...invoiceEvents.InvoiceFinalized,
    terms:
      terms === undefined
        ? []
        : [
            {
              ...terms,
              segments: [{ ...march, pricing: null, source: null, unrated: true }],
              groups: {
                by: ['region', 'room'],
                rates: [
                  {
                    values: { region: 'eu' },
                    segments: [
                      {
                        ...march,
                        pricing: { model: 'FLAT', unitPrice: '0.15' },
                        source: 'OVERRIDE',
                      },
                    ],
                  },
                ],
              },
            },
          ],
  } satisfies InvoiceFinalized,
};

/** Shapes of versions that are read, and not written any more. */
const older = {
  'InvoiceFinalized.v1.grouped': { ...shapes['InvoiceFinalized.v2.grouped'], proof: null },
};

const goldenOf = (name: string): Golden =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Golden;
const storedAs = ({ type, data, metadata }: Golden) => ({
  type,
  data: JSON.stringify(data),
  metadata: JSON.stringify(metadata),
});

describe('every shape that a stored event may have', () => {
  it('has a golden file', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
    expect(files.sort()).toEqual([...Object.keys(shapes), ...Object.keys(older)].sort());
  });

  it.each(Object.entries({ ...shapes, ...older }))('is still read as it was: %s', (name, event) => {
    expect(codec.decode(storedAs(goldenOf(name))).event).toEqual(event);
  });

  it.each(Object.entries(shapes))('is still written as it was: %s', (name, event) => {
    const golden = goldenOf(name);
    expect(codec.encode({ event, metadata: golden.metadata })).toEqual(storedAs(golden));
  });
});
