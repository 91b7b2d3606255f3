import { describe, expect, it } from 'vitest';
import { openClock } from '../../src/application/clock.ts';
import { createEngine } from '../../src/application/create-engine.ts';
import { type Engine, type SignUp, type SignUpInput } from '../../src/application/engine.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { ProviderUnavailable, type Payers } from '../../src/application/payment-ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import {
  caller,
  contractAsked,
  customerAsked,
  done,
  eventCount,
  idleBilling,
  october,
  shop,
} from './engine.ts';
import { hooked } from './logs.ts';

/** The provider's customers, by ours. */
type There = Map<string, string>;

/** Creates one for each of ours, as the adapter promises; `called` is told of each call. */
const payersOf = (
  there: There,
  called: (moment: 'before' | 'after') => void = () => undefined,
): Payers => ({
  exists: (id) => Promise.resolve(id.startsWith('cus_known')),
  create: async ({ customerId, email }) => {
    called('before');
    if (!email.includes('@')) return { refused: `Invalid email address: ${email}` };
    const id = there.get(customerId) ?? `cus_${String(there.size + 1)}`;
    there.set(customerId, id);
    called('after');
    return { providerCustomerId: id };
  },
});

async function engineOn(log: EventLog, payers: Payers | null): Promise<Engine> {
  const clock = await openClock(log, october);
  return createEngine({ log, clock, billing: idleBilling, graceHours: 24, payers }).engine;
}

async function opened(there: There = new Map()) {
  const log = memoryLog();
  const engine = await engineOn(log, payersOf(there));
  const { rateCardId, customerId, productId } = await shop(engine);
  const { customerId: _customerId, ...contract } = contractAsked('', rateCardId);
  const signUp = (change: Partial<SignUpInput> = {}, idempotencyKey = 'key'): SignUp => ({
    input: {
      name: 'New Customer',
      email: 'new@customer.com',
      ingestAliases: ['team@new.com'],
      stripeCustomerId: null,
      collectionMethod: 'CHARGE_AUTOMATICALLY',
      contract,
      ...change,
    },
    idempotencyKey,
  });
  return { log, engine, there, signUp, contract, customerId, productId };
}

const typesIn = async (log: EventLog): Promise<readonly string[]> =>
  (await log.readAll()).events.map(({ event }) => event.type);

describe('a sign-up', () => {
  it('makes the customer there, then here, then its contract', async () => {
    const { log, engine, there, signUp } = await opened();
    const before = (await typesIn(log)).length;
    const { customerId, contractId } = await done(engine.signUpCustomer(signUp(), caller));
    expect([...there]).toEqual([[customerId, 'cus_1']]);
    const events = (await log.readAll()).events.slice(before).map(({ event }) => event);
    expect(events.map(({ type }) => type)).toEqual([
      'IdempotencyKeyUsed',
      'KeyClaimed',
      'KeyClaimed',
      'CustomerCreated',
      'ContractCreated',
    ]);
    expect(events[3]).toMatchObject({
      customerId,
      billingConfig: {
        provider: 'STRIPE',
        providerCustomerId: 'cus_1',
        collectionMethod: 'CHARGE_AUTOMATICALLY',
      },
    });
    expect(events[4]).toMatchObject({ customerId, contractId });
  });

  it('sent again gives the same, adds nothing and asks the provider for nothing', async () => {
    const { log, engine, signUp } = await opened();
    const first = await done(engine.signUpCustomer(signUp(), caller));
    const before = await eventCount(log);
    const none = await engineOn(log, null);
    for (const process of [engine, none]) {
      expect(await done(process.signUpCustomer(signUp(), caller))).toEqual(first);
    }
    expect(await eventCount(log)).toBe(before);
  });

  it('under the key of another is refused, and makes nothing', async () => {
    const { log, engine, there, signUp, contract } = await opened();
    await done(engine.signUpCustomer(signUp(), caller));
    const before = await eventCount(log);
    const others: readonly Partial<SignUpInput>[] = [
      { name: 'Other' },
      { email: 'other@customer.com' },
      { ingestAliases: [] },
      { stripeCustomerId: 'cus_known' },
      { collectionMethod: 'SEND_INVOICE' },
      { contract: { ...contract, netPaymentTermsDays: 7 } },
    ];
    for (const change of others) {
      expect(await engine.signUpCustomer(signUp(change), caller)).toEqual({
        refused: { reason: 'idempotency_key_reused', field: ['idempotencyKey'] },
      });
    }
    expect(await eventCount(log)).toBe(before);
    expect(there.size).toBe(1);
  });

  it('sent many times at once is done once', async () => {
    const { log, engine, there, signUp } = await opened();
    const other = await engineOn(log, payersOf(there));
    const results = await Promise.all(
      [engine, other, engine, other].map((one) => done(one.signUpCustomer(signUp(), caller))),
    );
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(there.size).toBe(1);
    const types = await typesIn(log);
    expect(types.filter((type) => type === 'ContractCreated')).toHaveLength(1);
  });

  it('of two with other input under one key at once, one is done and the other refused', async () => {
    const { engine, there, signUp } = await opened();
    const [a, b] = await Promise.all([
      engine.signUpCustomer(signUp(), caller),
      engine.signUpCustomer(signUp({ email: 'other@customer.com' }), caller),
    ]);
    expect([a, b].filter((outcome) => 'refused' in outcome)).toMatchObject([
      { refused: { reason: 'idempotency_key_reused' } },
    ]);
    expect(there.size).toBe(1);
  });

  it('takes a customer that the provider has, and makes none there', async () => {
    const { log, engine, there, signUp } = await opened();
    const asked = signUp({ stripeCustomerId: 'cus_known1', email: null });
    const { customerId } = await done(engine.signUpCustomer(asked, caller));
    expect(there.size).toBe(0);
    const [created] = await log.readStream(`customer-${customerId}`);
    expect(created?.event).toMatchObject({
      billingConfig: { providerCustomerId: 'cus_known1' },
    });
    const unconfigured = await engineOn(log, null);
    await done(
      unconfigured.signUpCustomer(
        signUp({ stripeCustomerId: 'cus_whatever', ingestAliases: [] }, 'other'),
        caller,
      ),
    );
  });
});

describe('a sign-up that is interrupted', () => {
  it('at any call, before it is done or after, goes on to the same when it is sent again', async () => {
    let at = 0;
    for (let died = true; died;) {
      at += 1;
      const { log, there, signUp } = await opened();
      const before = await eventCount(log);
      let call = 0;
      const end = (): void => {
        call += 1;
        if (call === at) throw new Error('the process ends');
      };
      const dying = await engineOn(hooked(log, { before: end, after: end }), payersOf(there, end));
      died = await dying.signUpCustomer(signUp(), caller).then(
        () => false,
        () => true,
      );
      const engine = await engineOn(log, payersOf(there));
      const { customerId } = await done(engine.signUpCustomer(signUp(), caller));
      expect([...there.keys()], `ended at call ${String(at)}`).toEqual([customerId]);
      const types = (await typesIn(log)).slice(before);
      const once = types.filter((type) => type !== 'KeyClaimed');
      expect(once, `ended at call ${String(at)}`).toEqual([
        'IdempotencyKeyUsed',
        'CustomerCreated',
        'ContractCreated',
      ]);
    }
    // Five appends and the provider, each before and after, and one run to the end.
    expect(at).toBe(13);
  });

  it('by an outage of the provider says so, and is done when it is back', async () => {
    const { log, there, signUp } = await opened();
    const away = await engineOn(log, {
      ...payersOf(there),
      create: () => Promise.reject(new ProviderUnavailable('away')),
    });
    await expect(away.signUpCustomer(signUp(), caller)).rejects.toThrow(ProviderUnavailable);
    expect(await typesIn(log)).not.toContain('ContractCreated');
    const engine = await engineOn(log, payersOf(there));
    await done(engine.signUpCustomer(signUp(), caller));
    expect(there.size).toBe(1);
  });
});

describe('a sign-up that is refused', () => {
  it('is so before anything is made, and leaves its key free', async () => {
    const { log, engine, there, signUp, contract, customerId, productId } = await opened();
    await done(engine.createCustomer(customerAsked(['held']), caller));
    const before = await eventCount(log);
    const half = { ...contract, startingAt: '2024-10-01T00:30:00.000Z' as const };
    const wrong: readonly [string, string, Partial<SignUpInput>][] = [
      ['name_empty', 'name', { name: ' ' }],
      ['alias_taken', 'ingestAliases.1', { ingestAliases: ['free', 'held'] }],
      ['alias_taken', 'ingestAliases.0', { ingestAliases: [customerId] }],
      ['provider_customer_id_empty', 'stripeCustomerId', { stripeCustomerId: ' ' }],
      ['provider_customer_not_found', 'stripeCustomerId', { stripeCustomerId: 'cus_none' }],
      ['email_required', 'email', { email: null }],
      ['email_required', 'email', { email: ' ' }],
      [
        'rate_card_not_found',
        'contract.rateCardId',
        { contract: { ...contract, rateCardId: productId } },
      ],
      ['not_on_hour', 'contract.startingAt', { contract: half }],
      [
        'payment_terms_invalid',
        'contract.netPaymentTermsDays',
        { contract: { ...contract, netPaymentTermsDays: -1 } },
      ],
    ];
    for (const [reason, field, change] of wrong) {
      const outcome = await engine.signUpCustomer(signUp(change), caller);
      expect(outcome).toMatchObject({ refused: { reason, field: field.split('.').map(place) } });
    }
    const none = await engineOn(log, null);
    expect(await none.signUpCustomer(signUp(), caller)).toMatchObject({
      refused: { reason: 'payment_provider_not_configured', field: ['stripeCustomerId'] },
    });
    expect(await eventCount(log)).toBe(before);
    expect(there.size).toBe(0);
    await done(engine.signUpCustomer(signUp(), caller));
  });

  it('by the provider says why in its words; a corrected one goes under a new key', async () => {
    const { log, engine, there, signUp } = await opened();
    const wrong = signUp({ email: 'nonsense' });
    for (const _time of [1, 2]) {
      expect(await engine.signUpCustomer(wrong, caller)).toEqual({
        refused: { reason: 'payment_provider_refused', detail: 'Invalid email address: nonsense' },
      });
    }
    expect(await typesIn(log)).not.toContain('ContractCreated');
    expect(await engine.signUpCustomer(signUp(), caller)).toMatchObject({
      refused: { reason: 'idempotency_key_reused' },
    });
    await done(engine.signUpCustomer(signUp({}, 'new key'), caller));
    expect(there.size).toBe(1);
  });
});

const place = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part);
