import { describe, expect, it } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import {
  caller,
  customerAsked,
  done,
  eventCount,
  holdersOf,
  processOn,
  reasonOf,
} from './engine.ts';
import { gate, hasType, hooked } from './logs.ts';

const alias = 'team@customer.com';

describe('an alias', () => {
  it('goes to exactly one of two customers who ask at once, fifty times over', async () => {
    const log = memoryLog();
    const [one, two] = [await processOn(log), await processOn(log)];
    for (let round = 0; round < 50; round += 1) {
      const key = `alias-${String(round)}`;
      const outcomes = await Promise.all([
        one.createCustomer(customerAsked([key]), caller),
        two.createCustomer(customerAsked([key]), caller),
      ]);
      const won = outcomes.flatMap((o) => ('refused' in o ? [] : [o.result.customerId]));
      const lost = outcomes.flatMap((o) => ('refused' in o ? [o.refused] : []));
      expect(won).toHaveLength(1);
      expect(lost).toEqual([{ reason: 'alias_taken', field: ['ingestAliases', 0], detail: key }]);
      expect(await holdersOf(log, key, won)).toEqual(won);
    }
  });

  it('that another holds, or that is the id of another, is refused, and nothing is written', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const { customerId } = await done(engine.createCustomer(customerAsked([alias]), caller));
    const { customerId: other } = await done(engine.createCustomer(customerAsked(), caller));
    const before = await eventCount(log);
    for (const key of [alias, customerId]) {
      const asked = ['free', key];
      const outcomes = [
        await engine.createCustomer(customerAsked(asked), caller),
        await engine.setIngestAliases({ customerId: other, ingestAliases: asked }, caller),
      ];
      for (const outcome of outcomes) {
        expect(outcome).toEqual({
          refused: { reason: 'alias_taken', field: ['ingestAliases', 1], detail: key },
        });
      }
    }
    expect(await eventCount(log)).toBe(before);
  });

  it('is free again once it is released', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const { customerId } = await done(engine.createCustomer(customerAsked([alias, 'b']), caller));
    await done(engine.setIngestAliases({ customerId, ingestAliases: ['b'] }, caller));
    const { customerId: next } = await done(engine.createCustomer(customerAsked([alias]), caller));
    expect(await holdersOf(log, alias, [customerId, next])).toEqual([next]);
    expect(await reasonOf(engine.createCustomer(customerAsked(['b']), caller))).toBe('alias_taken');
  });

  it('of a customer who was created before may have moved on when the create is sent again', async () => {
    const log = memoryLog();
    const engine = await processOn(log);
    const first = await done(engine.createCustomer(customerAsked([alias], 'key'), caller));
    await done(engine.setIngestAliases({ ...first, ingestAliases: [] }, caller));
    const next = await done(engine.createCustomer(customerAsked([alias]), caller));
    const before = await eventCount(log);
    expect(await done(engine.createCustomer(customerAsked([alias], 'key'), caller))).toEqual(first);
    expect(await eventCount(log)).toBe(before);
    expect(await holdersOf(log, alias, [first.customerId, next.customerId])).toEqual([
      next.customerId,
    ]);
  });

  it('is kept by who drops it and takes it back at the same time', async () => {
    const inner = memoryLog();
    const other = await processOn(inner);
    const { customerId } = await done(other.createCustomer(customerAsked([alias]), caller));
    let taken = false;
    const log = hooked(inner, {
      before: async (_stream, events) => {
        if (taken || !hasType(events, 'KeyReleased')) return;
        taken = true;
        await done(other.setIngestAliases({ customerId, ingestAliases: [alias] }, caller));
      },
    });
    const slow = await processOn(log);
    await done(slow.setIngestAliases({ customerId, ingestAliases: [] }, caller));
    expect(taken).toBe(true);
    expect(await holdersOf(inner, alias, [customerId])).toEqual([customerId]);
    expect(await reasonOf(other.createCustomer(customerAsked([alias]), caller))).toBe(
      'alias_taken',
    );
  });
});

/** A process that stands still before it records the customer, until it is let go on. */
async function stalledCreate(inner: EventLog, key: string) {
  const reached = gate();
  const late = gate();
  const log = hooked(inner, {
    before: (_stream, events) => {
      if (!hasType(events, 'CustomerCreated')) return;
      reached.open();
      return late.passed;
    },
  });
  const outcome = (await processOn(log)).createCustomer(customerAsked([alias], key), caller);
  await reached.passed;
  return {
    outcome,
    goOn: () => {
      late.open();
    },
  };
}

describe('an alias whose claimant died before it was created', () => {
  it('is taken over, and the dead one that comes back late is refused', async () => {
    const log = memoryLog();
    const alive = await processOn(log);
    const dead = await stalledCreate(log, 'dead');
    const { customerId } = await done(alive.createCustomer(customerAsked([alias]), caller));
    dead.goOn();
    expect(await reasonOf(dead.outcome)).toBe('alias_taken');
    expect(await holdersOf(log, alias, [customerId])).toEqual([customerId]);
    const created = (await log.readAll()).events.filter(
      ({ event }) => event.type === 'CustomerCreated',
    );
    expect(created).toHaveLength(1);
  });

  it('has one holder when the claimant comes back in the middle of that', async () => {
    const inner = memoryLog();
    await processOn(inner);
    const first = await stalledCreate(inner, 'slow');
    const log = hooked(inner, {
      after: async (_stream, events) => {
        if (!hasType(events, 'ClaimRevoked')) return;
        first.goOn();
        await first.outcome;
      },
    });
    const second = (await processOn(log)).createCustomer(customerAsked([alias]), caller);
    const outcomes = await Promise.all([first.outcome, second]);
    const won = outcomes.flatMap((o) => ('refused' in o ? [] : [o.result.customerId]));
    expect(won).toHaveLength(1);
    expect(await holdersOf(inner, alias, won)).toEqual(won);
  });

  it('belongs to a process that starts over with the same key', async () => {
    const log = memoryLog();
    await processOn(log);
    await stalledCreate(log, 'key');
    const restarted = await processOn(log);
    const again = await done(restarted.createCustomer(customerAsked([alias], 'key'), caller));
    expect(await holdersOf(log, alias, [again.customerId])).toEqual([again.customerId]);
  });
});
