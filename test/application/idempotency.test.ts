import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import {
  caller,
  contractAsked,
  customerAsked,
  done,
  eventCount,
  month,
  october,
  processOn,
  reasonOf,
  shop,
} from './engine.ts';
import { gate, hasType, hooked } from './logs.ts';

describe('a create under an idempotency key', () => {
  it('sent again gives the first result and adds nothing, after a restart too', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const first = await done(engine.createCustomer(customerAsked(['a'], 'key'), caller));
    const before = await eventCount(log);
    for (const process of [engine, await processOn(log)]) {
      expect(await done(process.createCustomer(customerAsked(['a'], 'key'), caller))).toEqual(
        first,
      );
    }
    expect(await eventCount(log)).toBe(before);
  });

  it('is refused for other input, whatever else is wrong with that', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    await done(engine.createCustomer(customerAsked([], 'key'), caller));
    for (const other of [customerAsked(['a'], 'key'), customerAsked([], 'key', '')]) {
      expect(await engine.createCustomer(other, caller)).toEqual({
        refused: { reason: 'idempotency_key_reused', field: ['idempotencyKey'] },
      });
    }
  });

  it('is another one for another operation, and for another key', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const { rateCardId, customerId } = await shop(engine);
    const ids = [
      await done(engine.createCustomer(customerAsked([], 'card'), caller)),
      await done(engine.createCustomer(customerAsked([], 'card2'), caller)),
      await done(engine.createCustomer(customerAsked(), caller)),
      await done(engine.createCustomer(customerAsked(), caller)),
    ].map((result) => result.customerId);
    expect(new Set([...ids, customerId, rateCardId]).size).toBe(6);
  });

  it('that was refused leaves the key free', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    await done(engine.createCustomer(customerAsked(['a']), caller));
    expect(await reasonOf(engine.createCustomer(customerAsked(['a'], 'key'), caller))).toBe(
      'alias_taken',
    );
    expect(await reasonOf(engine.createCustomer(customerAsked([], 'key', ' '), caller))).toBe(
      'name_empty',
    );
    await done(engine.createCustomer(customerAsked(['b'], 'key'), caller));
  });

  it('that lost a race for an alias leaves the key free', async () => {
    const inner = memoryLog();
    const rival = await processOn(inner);
    let raced = false;
    const log = hooked(inner, {
      before: async (_stream, events) => {
        if (raced || !hasType(events, 'KeyClaimed')) return;
        raced = true;
        await done(rival.createCustomer(customerAsked(['a']), caller));
      },
    });
    const engine = await processOn(log);
    expect(await reasonOf(engine.createCustomer(customerAsked(['a'], 'key'), caller))).toBe(
      'alias_taken',
    );
    await done(engine.createCustomer(customerAsked(['b'], 'key'), caller));
  });

  it('of two with different input at once, one is done and the other refused', async () => {
    const inner = memoryLog();
    const go = gate();
    const log = hooked(inner, {
      before: (_stream, events) => (hasType(events, 'IdempotencyKeyUsed') ? go.passed : undefined),
    });
    const [one, two] = [await processOn(log), await processOn(log)];
    const asked = [
      one.createCustomer(customerAsked(['a'], 'key'), caller),
      two.createCustomer(customerAsked(['b'], 'key'), caller),
    ];
    go.open();
    const reasons = (await Promise.all(asked)).map((o) => ('refused' in o ? o.refused.reason : ''));
    expect(reasons.sort()).toEqual(['', 'idempotency_key_reused']);
  });

  it.each(['', 'x'.repeat(256)])('has 1 to 255 characters', async (key) => {
    const engine = await processOn(memoryLog());
    const outcome = await engine.createCustomer(customerAsked([], key), caller);
    expect(outcome).toMatchObject({
      refused: { reason: 'idempotency_key_invalid', field: ['idempotencyKey'] },
    });
  });

  it('survives a crash between the key and the thing', async () => {
    const inner = memoryLog();
    const log = hooked(inner, {
      before: (_stream, events) => {
        if (hasType(events, 'CustomerCreated')) throw new Error('the power went out');
      },
    });
    const died = (await processOn(log)).createCustomer(customerAsked(['a'], 'key'), caller);
    await expect(died).rejects.toThrow('the power went out');
    const restarted = await processOn(inner);
    const { customerId } = await done(
      restarted.createCustomer(customerAsked(['a'], 'key'), caller),
    );
    expect(customerId).toMatch(/^cus_/);
  });
});

describe('a key of a contract', () => {
  it('is refused for the contract of another customer, existing or not', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const { customerId, rateCardId } = await shop(engine);
    const first = { input: contractAsked(customerId, rateCardId), idempotencyKey: 'contract' };
    const { contractId } = await done(engine.createContract(first, caller));
    for (const other of ['cus_nobody', (await shop(engine)).customerId]) {
      const input = contractAsked(other, rateCardId);
      const outcome = engine.createContract({ input, idempotencyKey: 'contract' }, caller);
      expect(await reasonOf(outcome)).toBe('idempotency_key_reused');
    }
    await done(
      engine.updateContractEndDate({ customerId, contractId, endingBefore: month(1) }, caller),
    );
    expect(await done(engine.createContract(first, caller))).toEqual({ contractId });
  });
});

describe('a list in the input of a create', () => {
  const override = (productIds: readonly string[] | null) => ({
    startingAt: october,
    endingBefore: null,
    productIds,
    productTags: null,
    entitled: null,
    multiplier: '0.5',
    overwrite: null,
    priority: null,
  });

  it('that names nothing is other input than none, which means everything', async () => {
    const engine = await processOn(memoryLog());
    const { customerId, rateCardId } = await shop(engine);
    const create = (key: string, productIds: readonly string[] | null) =>
      engine.createContract(
        {
          input: contractAsked(customerId, rateCardId, {
            endingBefore: month(1),
            overrides: [override(productIds)],
          }),
          idempotencyKey: key,
        },
        caller,
      );
    const { contractId } = await done(create('k', []));
    expect(await create('k', null)).toEqual({
      refused: { reason: 'idempotency_key_reused', field: ['idempotencyKey'] },
    });
    expect(await done(create('k', []))).toEqual({ contractId });
  });
});

describe('rates that are added', () => {
  it('under a key count once, though others came since', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const { rateCardId, rate } = await shop(engine);
    const add = (unitPrice: string, idempotencyKey: string | null) =>
      engine.addRates(
        {
          input: { rateCardId, rates: [{ ...rate, pricing: { model: 'FLAT', unitPrice } }] },
          idempotencyKey,
        },
        caller,
      );
    await done(add('0.2', 'key'));
    await done(add('0.3', null));
    const before = await eventCount(log);
    await done(add('0.2', 'key'));
    expect(await eventCount(log)).toBe(before);
    expect(await reasonOf(add('0.4', 'key'))).toBe('idempotency_key_reused');
    await done(add('0.2', null));
    expect(await eventCount(log)).toBe(before + 1);
  });
});
