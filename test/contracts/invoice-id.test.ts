import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invoiceIdOf, parseInvoiceId } from '../../src/contracts/invoice-id.ts';
import { entityId } from '../../src/kernel/ids.ts';
import { hours } from '../support/arbitraries.ts';
import { contractId, october } from './asked.ts';

const parts = fc.record({
  contractId: fc.string().map((seed) => entityId('contract', seed)),
  invoiceType: fc.constantFrom('USAGE' as const, 'SCHEDULED' as const),
  periodStart: hours,
  generation: fc.nat(),
});

describe('an invoice id', () => {
  it('tells the contract, the type, the start of the period, and how often it was closed before', () => {
    const id = invoiceIdOf(contractId, 'USAGE', october, 2);
    expect(id).toBe(`inv_${'a'.repeat(32)}_usage_20241001T00_2`);
    expect(parseInvoiceId(id)).toEqual({
      contractId,
      invoiceType: 'USAGE',
      periodStart: october,
      generation: 2,
    });
  });

  it('is read as it was written, whatever it is made of', () => {
    fc.assert(
      fc.property(parts, (of) => {
        const { invoiceType, periodStart, generation } = of;
        const id = invoiceIdOf(of.contractId, invoiceType, periodStart, generation);
        expect(parseInvoiceId(id)).toEqual(of);
      }),
    );
  });

  it.each([
    '',
    contractId,
    `inv_${'a'.repeat(31)}_usage_20241001T00_0`,
    `inv_${'g'.repeat(32)}_usage_20241001T00_0`,
    `inv_${'a'.repeat(32)}_other_20241001T00_0`,
    `inv_${'a'.repeat(32)}_usage_20241301T00_0`,
    `inv_${'a'.repeat(32)}_usage_20241001T24_0`,
    `inv_${'a'.repeat(32)}_usage_20241001T00_`,
    `inv_${'a'.repeat(32)}_usage_20241001T00_0@7`,
    ` inv_${'a'.repeat(32)}_usage_20241001T00_0`,
  ])('is nothing else: "%s"', (text) => {
    expect(parseInvoiceId(text)).toBeUndefined();
  });
});
