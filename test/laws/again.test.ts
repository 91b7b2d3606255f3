import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Outcome } from '../../src/application/engine.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, contractAsked, customerAsked, eventCount } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { month, openShop, signUp, used } from './shop.ts';
import { allInvoices, openWorld, start, type World } from './world.ts';

const wishes = fc.array(
  fc.record({
    wish: fc.constantFrom(
      'createCustomer',
      'setAliases',
      'setBilling',
      'archive',
      'createContract',
      'changePlan',
      'end',
      'finalize',
      'void',
      'advance',
      'addRates',
    ),
    a: fc.nat(5),
    b: fc.nat(5),
  }),
  { minLength: 10, maxLength: 30 },
);
type Wish = typeof wishes extends fc.Arbitrary<(infer T)[]> ? T : never;

type Account = {
  readonly rateCardId: string;
  readonly customerIds: string[];
  readonly contracts: { customerId: string; contractId: string }[];
};

/** The command that a wish makes, the same each time it is called. */
async function commandOf(world: World, account: Account, { wish, a, b }: Wish, nth: number) {
  const { engine, clock } = world;
  const { rateCardId, customerIds, contracts } = account;
  const customerId = customerIds[a % customerIds.length] ?? '';
  const of = contracts[a % contracts.length] ?? { customerId, contractId: '' };
  const idempotencyKey = `key-${String(nth)}`;
  const invoice = async () => {
    const all = await allInvoices(world);
    return JSON.parse(all[b % Math.max(all.length, 1)] ?? '{}') as { invoiceId: string };
  };
  switch (wish) {
    case 'createCustomer':
      return () => engine.createCustomer(customerAsked([`x${String(b)}`], idempotencyKey), caller);
    case 'setAliases': {
      const ingestAliases = ['x0', 'x1', 'x2', 'x3'].slice(b % 4);
      return () => engine.setIngestAliases({ customerId, ingestAliases }, caller);
    }
    case 'setBilling': {
      const config = { provider: 'STRIPE', collectionMethod: 'SEND_INVOICE' } as const;
      const billingConfig = b === 0 ? null : { ...config, providerCustomerId: `cus${String(b)}` };
      return () => engine.setBillingConfig({ customerId, billingConfig }, caller);
    }
    case 'archive':
      return () => engine.archiveCustomer({ customerId }, caller);
    case 'createContract': {
      const input = contractAsked(customerId, rateCardId, {
        startingAt: month(b),
        endingBefore: month(b + 1),
      });
      return () => engine.createContract({ input, idempotencyKey }, caller);
    }
    case 'changePlan': {
      const contract = contractAsked(of.customerId, rateCardId, { startingAt: month(b) });
      const input = { fromContractId: of.contractId, contract };
      return () => engine.changePlan({ input, idempotencyKey }, caller);
    }
    case 'end': {
      const endingBefore = b === 0 ? null : month(b);
      return () => engine.updateContractEndDate({ ...of, endingBefore }, caller);
    }
    case 'finalize': {
      const { invoiceId } = await invoice();
      return () => engine.finalizeInvoice({ invoiceId }, caller);
    }
    case 'void': {
      const { invoiceId } = await invoice();
      return () => engine.voidInvoice({ invoiceId, reason: 'again' }, caller);
    }
    case 'advance': {
      const to = addHours(clock.now(), b * 12 * 24);
      return () => engine.advanceTestClock({ to }, caller);
    }
    case 'addRates': {
      const rates = [
        {
          productId:
            (await world.models.main.reader.selectFrom('product').select('product_id').execute())[0]
              ?.product_id ?? '',
          pricing: { model: 'FLAT' as const, unitPrice: `0.${String(b)}` },
          entitled: true,
          startingAt: month(a),
          endingBefore: null,
        },
      ];
      const key = a % 2 === 0 ? null : idempotencyKey;
      return () => engine.addRates({ input: { rateCardId, rates }, idempotencyKey: key }, caller);
    }
  }
}

describe('a command that was accepted', () => {
  it('adds nothing when it is sent again, and answers the same', async () => {
    const accepted = new Set<string>();
    await fc.assert(
      fc.asyncProperty(wishes, async (wanted) => {
        const folder = await temporaryFolder();
        const log = memoryLog();
        const world = await openWorld(log, folder.path);
        try {
          const { rateCardId } = await openShop(world);
          const first = await signUp(world, rateCardId, {}, ['x9']);
          const events = [used('x9', 't1', addHours(start, 5), 3)];
          await world.engine.recordUsage(events, caller);
          const account: Account = {
            rateCardId,
            customerIds: [first.customerId],
            contracts: [first],
          };
          for (const [nth, wish] of wanted.entries()) {
            await world.settle();
            const command: () => Promise<Outcome<object>> = await commandOf(
              world,
              account,
              wish,
              nth,
            );
            const outcome = await command();
            if ('refused' in outcome) continue;
            accepted.add(wish.wish);
            const before = await eventCount(log);
            await world.settle();
            const again = await command();
            expect(again, wish.wish).toMatchObject({ result: outcome.result });
            expect(await eventCount(log), wish.wish).toBe(before);
            if ('customerId' in outcome.result) {
              account.customerIds.push(outcome.result.customerId as string);
            }
          }
        } finally {
          await world.close();
          await folder.remove();
        }
      }),
      { numRuns: 15 },
    );
    expect(accepted.size).toBeGreaterThan(8);
  });
});
