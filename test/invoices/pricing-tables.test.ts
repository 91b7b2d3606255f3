import { describe, expect, it } from 'vitest';
import { decimal, printDecimal } from '../../src/kernel/decimal.ts';
import { type Pricing } from '../../src/catalog/events.ts';
import { price } from '../../src/invoices/pricing.ts';
import { centsFor } from './reference.ts';

/** "quantity amount" for each line, with "tier: " before those of a tier. */
const lines = (pricing: Pricing, quantity: string, currency = 'USD'): readonly string[] =>
  price(pricing, decimal(quantity), currency).map((line) =>
    [
      ...(line.tier === null ? [] : [`${String(line.tier)}:`]),
      printDecimal(line.quantity),
      printDecimal(line.amount),
    ].join(' '),
  );

const centsOf = (pricing: Pricing, quantity: string): bigint =>
  price(pricing, decimal(quantity), 'USD').reduce(
    (sum, { amount }) => sum + amount.units * 10n ** BigInt(2 - amount.scale),
    0n,
  );

/** To 10 at 1.00 and 5.00 on entry, to 100 at 0.50, beyond at 0.25 and 2.00 on entry. */
const tiers = [
  { upTo: '10', unitPrice: '1', flatFee: '5' },
  { upTo: '100', unitPrice: '0.5', flatFee: null },
  { upTo: null, unitPrice: '0.25', flatFee: '2' },
];
const tenToThe30 = `1${'0'.repeat(30)}`;

type Table = readonly (readonly [quantity: string, ...lines: readonly string[]])[];

const tables: Readonly<Record<string, readonly [Pricing, Table]>> = {
  GRADUATED: [
    { model: 'GRADUATED', tiers },
    [
      ['0', '1: 0 0'],
      // 1 x 1 + 5
      ['1', '1: 1 6'],
      ['0.000000000001', '1: 0.000000000001 5'],
      ['10', '1: 10 15'],
      // 0.01 x 0.5 = 0.005 is rounded up; 0.000000000001 x 0.5 is nothing.
      ['10.01', '1: 10 15', '2: 0.01 0.01'],
      ['10.000000000001', '1: 10 15', '2: 0.000000000001 0'],
      // 90 x 0.5 = 45
      ['100', '1: 10 15', '2: 90 45'],
      // 0.000000000001 x 0.25 + 2
      ['100.000000000001', '1: 10 15', '2: 90 45', '3: 0.000000000001 2'],
      // 1 x 0.25 + 2; 900 x 0.25 + 2
      ['101', '1: 10 15', '2: 90 45', '3: 1 2.25'],
      ['1000', '1: 10 15', '2: 90 45', '3: 900 227'],
      // (10^12 - 100) / 4 + 2 = 249,999,999,975 + 2
      ['1000000000000', '1: 10 15', '2: 90 45', '3: 999999999900 249999999977'],
      // 9,007,199,254,740,893 / 4 + 2 = 2,251,799,813,685,223.25 + 2
      ['9007199254740993', '1: 10 15', '2: 90 45', '3: 9007199254740893 2251799813685225.25'],
      // 25 x 10^28 - 25 + 2
      [tenToThe30, '1: 10 15', '2: 90 45', `3: ${'9'.repeat(28)}00 24${'9'.repeat(26)}77`],
      // 0.123456789012 x 1 + 5 = 5.123456789012
      ['0.123456789012', '1: 0.123456789012 5.12'],
      ['-5', '1: 0 0'],
    ],
  ],
  VOLUME: [
    { model: 'VOLUME', tiers },
    [
      ['0', '0 0'],
      ['1', '1 6'],
      ['10', '10 15'],
      // 10.000000000001 x 0.5 = 5.0000000000005; 100 x 0.5 = 50
      ['10.000000000001', '10.000000000001 5'],
      ['100', '100 50'],
      // 100.000000000001 x 0.25 + 2 = 27.00000000000025; 1,000 x 0.25 + 2 = 252
      ['100.000000000001', '100.000000000001 27'],
      ['1000', '1000 252'],
      ['1000000000000', '1000000000000 250000000002'],
      // 9,007,199,254,740,993 / 4 + 2 = 2,251,799,813,685,248.25 + 2
      ['9007199254740993', '9007199254740993 2251799813685250.25'],
      [tenToThe30, `${tenToThe30} 25${'0'.repeat(27)}2`],
      ['0.123456789012', '0.123456789012 5.12'],
      ['-5', '0 0'],
    ],
  ],
  PACKAGE: [
    { model: 'PACKAGE', packageSize: '100', packagePrice: '7' },
    [
      ['0', '0 0'],
      ['1', '1 7'],
      ['0.000000000001', '0.000000000001 7'],
      ['100', '100 7'],
      ['100.000000000001', '100.000000000001 14'],
      ['1000', '1000 70'],
      ['1000000000000', '1000000000000 70000000000'],
      // 90,071,992,547,409.93 packages are 90,071,992,547,410; times 7
      ['9007199254740993', '9007199254740993 630503947831870'],
      [tenToThe30, `${tenToThe30} 7${'0'.repeat(28)}`],
      ['99.123456789012', '99.123456789012 7'],
      ['-5', '0 0'],
    ],
  ],
  'PACKAGE of a fraction': [
    { model: 'PACKAGE', packageSize: '0.3', packagePrice: '0.1' },
    [
      // 0.9 / 0.3 = 3 packages; 1 / 0.3 = 3.33 begins 4.
      ['0.9', '0.9 0.3'],
      ['1', '1 0.4'],
      ['0.900000000001', '0.900000000001 0.4'],
    ],
  ],
  PERCENTAGE: [
    { model: 'PERCENTAGE', rate: '0.029' },
    [
      ['0', '0 0'],
      // 0.029; 0.17 x 0.029 = 0.00493; 0.18 x 0.029 = 0.00522
      ['1', '1 0.03'],
      ['0.17', '0.17 0'],
      ['0.18', '0.18 0.01'],
      ['100', '100 2.9'],
      ['1000000000000', '1000000000000 29000000000'],
      // 9,007,199,254,740,993 x 29 = 261,208,778,387,488,797 thousandths
      ['9007199254740993', '9007199254740993 261208778387488.8'],
      [tenToThe30, `${tenToThe30} 29${'0'.repeat(27)}`],
      // 0.003580246881348
      ['0.123456789012', '0.123456789012 0'],
      // -0.145
      ['-5', '-5 -0.15'],
    ],
  ],
  'FLAT with free units': [
    { model: 'FLAT', unitPrice: '0.5', freeUnits: '10' },
    [
      ['0', '0 0'],
      ['9', '0 0'],
      ['10', '0 0'],
      ['10.000000000001', '0.000000000001 0'],
      // 0.01 x 0.5 = 0.005; 2 x 0.5
      ['10.01', '0.01 0.01'],
      ['12', '2 1'],
      // (10^12 - 10) / 2; (2^53 + 1 - 10) / 2 = 9,007,199,254,740,983 / 2
      ['1000000000000', '999999999990 499999999995'],
      ['9007199254740993', '9007199254740983 4503599627370491.5'],
      [tenToThe30, `${'9'.repeat(29)}0 4${'9'.repeat(28)}5`],
      ['-5', '-5 -2.5'],
    ],
  ],
  'GRADUATED with free units': [
    { model: 'GRADUATED', tiers, freeUnits: '10' },
    [
      // Nothing left owes nothing, the fee of 5 included.
      ['10', '1: 0 0'],
      // 1 x 1 + 5; 10 left fill the first tier
      ['11', '1: 1 6'],
      ['20', '1: 10 15'],
      // 11 left: 1 x 0.5 in the second
      ['21', '1: 10 15', '2: 1 0.5'],
      ['-5', '1: 0 0'],
    ],
  ],
  'VOLUME with free units': [
    { model: 'VOLUME', tiers, freeUnits: '10' },
    [
      ['10', '0 0'],
      // 10 left at 1 and 5; 11 left at 0.5
      ['20', '10 15'],
      ['21', '11 5.5'],
    ],
  ],
  'PACKAGE with free units': [
    { model: 'PACKAGE', packageSize: '100', packagePrice: '7', freeUnits: '10' },
    [
      ['10', '0 0'],
      ['110', '100 7'],
      ['110.000000000001', '100.000000000001 14'],
    ],
  ],
  'PERCENTAGE with free units': [
    { model: 'PERCENTAGE', rate: '0.029', freeUnits: '10' },
    [
      ['10', '0 0'],
      // 100 x 0.029
      ['110', '100 2.9'],
      ['-5', '-5 -0.15'],
    ],
  ],
};

for (const [name, [pricing, table]] of Object.entries(tables)) {
  describe(name, () => {
    it.each(table.map(([quantity, ...expected]) => ({ quantity, expected })))(
      'prices $quantity: $expected',
      ({ quantity, expected }) => {
        expect(lines(pricing, quantity)).toEqual(expected);
        expect(centsOf(pricing, quantity)).toBe(centsFor(pricing, quantity));
      },
    );
  });
}

describe('a line', () => {
  it('rounds to the minor unit of its currency, each tier for itself', () => {
    const halves: Pricing = {
      model: 'GRADUATED',
      tiers: [
        { upTo: '1', unitPrice: '0.5', flatFee: null },
        { upTo: null, unitPrice: '0.0005', flatFee: null },
      ],
    };
    // JPY: 0.5 is 1, 0.0005 nothing; KWD: 0.5, and 0.0005 is 0.001.
    expect(lines(halves, '2', 'JPY')).toEqual(['1: 1 1', '2: 1 0']);
    expect(lines(halves, '2', 'KWD')).toEqual(['1: 1 0.5', '2: 1 0.001']);
  });

  it('shows a unit price where all its units have one', () => {
    const unitPrices = (pricing: Pricing) =>
      price(pricing, decimal('11'), 'USD').map(
        ({ unitPrice }) => unitPrice && printDecimal(unitPrice),
      );
    expect(unitPrices({ model: 'FLAT', unitPrice: '0.10' })).toEqual(['0.1']);
    expect(unitPrices({ model: 'GRADUATED', tiers })).toEqual(['1', '0.5']);
    expect(unitPrices({ model: 'VOLUME', tiers })).toEqual(['0.5']);
    expect(unitPrices({ model: 'PERCENTAGE', rate: '0.029' })).toEqual(['0.029']);
    expect(unitPrices({ model: 'PACKAGE', packageSize: '5', packagePrice: '1' })).toEqual([null]);
  });
});
