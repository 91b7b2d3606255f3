import { describe, expect, it } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { contracts } from '../../src/contracts/decider.ts';
import { contractsStream, type ContractEvent } from '../../src/contracts/events.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { fold } from '../../src/kernel/decider.ts';
import {
  caller,
  contractAsked,
  done,
  eventCount,
  idleBilling,
  month,
  processOn,
  reasonOf,
  shop,
} from './engine.ts';
import { hasType, hooked, losingAnswers } from './logs.ts';

const contractsOf = async (log: EventLog, customerId: string) => {
  const recorded = await log.readStream(contractsStream(customerId));
  return fold(
    contracts,
    recorded.map(({ event }) => event as ContractEvent),
  );
};

async function running() {
  const log = memoryLog();
  const engine = await processOn(log);
  const { customerId, rateCardId } = await shop(engine);
  const asked = contractAsked(customerId, rateCardId);
  const { contractId } = await done(
    engine.createContract({ input: asked, idempotencyKey: null }, caller),
  );
  return { log, engine, customerId, rateCardId, contractId, asked };
}

describe('a change of plan', () => {
  it('is recorded at once: the end and the start are one append', async () => {
    const { log, engine, customerId, contractId, asked } = await running();
    const input = { fromContractId: contractId, contract: { ...asked, startingAt: month(2) } };
    const create = { input, idempotencyKey: 'plan' };
    const changed = await done(engine.changePlan(create, caller));
    expect(changed.endedContractId).toBe(contractId);
    const last = (await log.readAll()).events.slice(-2);
    expect(last.map(({ event }) => event.type)).toEqual(['EndDateUpdated', 'ContractCreated']);
    const { contracts: both } = await contractsOf(log, customerId);
    expect(both.map((one) => [one.startingAt, one.endingBefore])).toEqual([
      [asked.startingAt, month(2)],
      [month(2), null],
    ]);
    const before = await eventCount(log);
    expect(await done(engine.changePlan(create, caller))).toEqual(changed);
    expect(await eventCount(log)).toBe(before);
  });

  it('that is refused changes neither contract', async () => {
    const { log, engine, contractId, asked } = await running();
    const contract = { ...asked, rateCardId: 'crd_nothing', startingAt: month(2) };
    const before = await eventCount(log);
    expect(
      await engine.changePlan(
        { input: { fromContractId: contractId, contract }, idempotencyKey: null },
        caller,
      ),
    ).toEqual({
      refused: { reason: 'rate_card_not_found', field: ['contract', 'rateCardId'] },
    });
    expect(await eventCount(log)).toBe(before);
  });

  it('of which the answer was lost is made once', async () => {
    const { log, customerId, contractId, asked } = await running();
    const contract = { ...asked, startingAt: month(2) };
    const input = { fromContractId: contractId, contract };
    const flaky = await processOn(losingAnswers(log, 2));
    await done(flaky.changePlan({ input, idempotencyKey: null }, caller));
    expect((await contractsOf(log, customerId)).contracts).toHaveLength(2);
  });
});

describe('two contracts that are created at once', () => {
  it('never both win where they overlap, fifty times over', async () => {
    const log = memoryLog();
    const [one, two] = [await processOn(log), await processOn(log)];
    for (let round = 0; round < 50; round += 1) {
      const { customerId, rateCardId } = await shop(one);
      const create = (startingAt: ReturnType<typeof month>) => ({
        input: contractAsked(customerId, rateCardId, { startingAt }),
        idempotencyKey: null,
      });
      const reasons = await Promise.all([
        reasonOf(one.createContract(create(month(0)), caller)),
        reasonOf(two.createContract(create(month(1)), caller)),
      ]);
      expect(reasons.filter((reason) => reason === 'contract_overlaps')).toHaveLength(1);
      expect((await contractsOf(log, customerId)).contracts).toHaveLength(1);
    }
  });
});

describe('a customer who is archived', () => {
  it('gets no contract that is created at the same time', async () => {
    const inner = memoryLog();
    const other = await processOn(inner);
    const { customerId, rateCardId } = await shop(other);
    let archived: string | undefined = 'not yet';
    const log = hooked(inner, {
      before: async (_stream, events) => {
        if (!hasType(events, 'ContractCreated') || archived !== 'not yet') return;
        archived = await reasonOf(other.archiveCustomer({ customerId }, caller));
      },
    });
    const engine = await processOn(log);
    const create = { input: contractAsked(customerId, rateCardId), idempotencyKey: null };
    expect(await reasonOf(engine.createContract(create, caller))).toBe('customer_archived');
    expect(archived).toBeUndefined();
    expect((await contractsOf(inner, customerId)).contracts).toEqual([]);
  });

  it('is not archived when the contract was faster', async () => {
    const inner = memoryLog();
    const other = await processOn(inner);
    const { customerId, rateCardId } = await shop(other);
    const create = { input: contractAsked(customerId, rateCardId), idempotencyKey: 'k' };
    const log = hooked(inner, {
      before: async (_stream, events) => {
        if (hasType(events, 'ContractsSealed')) await done(other.createContract(create, caller));
      },
    });
    const engine = await processOn(log);
    expect(await reasonOf(engine.archiveCustomer({ customerId }, caller))).toBe(
      'customer_has_open_contracts',
    );
  });

  it('is not archived while a draft is open, and archived once', async () => {
    const log = memoryLog();
    const busy = await processOn(log, {
      ...idleBilling,
      hasOpenDrafts: () => Promise.resolve(true),
    });
    const { customerId } = await shop(busy);
    expect(await reasonOf(busy.archiveCustomer({ customerId }, caller))).toBe(
      'customer_has_open_contracts',
    );
    const engine = await processOn(log);
    await done(engine.archiveCustomer({ customerId }, caller));
    const before = await eventCount(log);
    await done(engine.archiveCustomer({ customerId }, caller));
    expect(await eventCount(log)).toBe(before);
    expect(await reasonOf(engine.archiveCustomer({ customerId: 'cus_no' }, caller))).toBe(
      'customer_not_found',
    );
  });

  it('is archived by the next try when the process died half way', async () => {
    const inner = memoryLog();
    const { customerId } = await shop(await processOn(inner));
    const log = hooked(inner, {
      before: (_stream, events) => {
        if (hasType(events, 'CustomerArchived')) throw new Error('the power went out');
      },
    });
    const dying = await processOn(log);
    await expect(dying.archiveCustomer({ customerId }, caller)).rejects.toThrow('the power');
    await done((await processOn(inner)).archiveCustomer({ customerId }, caller));
    expect((await inner.readAll()).events.at(-1)?.event.type).toBe('CustomerArchived');
  });
});
