import { describe, expect, it } from 'vitest';
import {
  allCustomerContracts,
  contractCustomers,
  contractsByIds,
  customerContracts,
  earliestDue,
  nextDueContracts,
} from '../../projections/contracts.ts';
import { type ContractCreated } from '../../src/contracts/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import {
  contractCreated,
  endDateUpdated,
  month,
  periodClosed,
  periodReopened,
  type Period,
} from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded } from '../support/recorded.ts';

const { folded, store, folder } = useStores(openMain);

const asCreated = ({ type: _type, ...terms }: ContractCreated) => ({
  ...terms,
  endUpdatedAt: null,
  closings: [],
});

const period: Period = {
  customerId: 'cus_1',
  contractId: 'con_1',
  index: 0,
  cut: 1,
  invoiceId: 'inv_1',
};

/** A contract with one charge of its own at that instant. */
const withCharge = (contract: ContractCreated, at: string): ContractCreated => ({
  ...contract,
  scheduledCharges: [
    {
      chargeId: 'chg_1',
      productId: 'prd_1',
      name: 'Fee',
      occurrences: [{ timestamp: instant(at), quantity: '1', unitPrice: '10', amount: '10' }],
    },
  ],
});

describe('a contract', () => {
  const created = contractCreated('cus_1', 'con_1');

  it('is found by id, as created, and leads to its customer', async () => {
    const { reader } = await folded(
      recorded(
        created,
        contractCreated('cus_1', 'con_2', month(3)),
        contractCreated('cus_2', 'con_3'),
      ),
    );
    expect(await contractsByIds(reader, ['con_1', 'nobody'])).toEqual(
      new Map([['con_1', asCreated(created)]]),
    );
    expect(await contractCustomers(reader, ['con_2', 'con_3', 'nobody'])).toEqual(
      new Map([
        ['con_2', 'cus_1'],
        ['con_3', 'cus_2'],
      ]),
    );
  });

  it('ends where its last end date says', async () => {
    const { reader } = await folded(recorded(created, endDateUpdated('con_1', month(4))));
    expect((await contractsByIds(reader, ['con_1'])).get('con_1')?.endingBefore).toBe(month(4));
  });

  it('keeps its closed periods, and which were opened again', async () => {
    const events = recorded(created, periodClosed(period), periodReopened(period));
    const closed = await folded(events.slice(0, 2));
    const closingsIn = async ({ reader }: typeof closed) =>
      (await contractsByIds(reader, ['con_1'])).get('con_1')?.closings;
    expect(await closingsIn(closed)).toMatchObject([{ invoiceId: 'inv_1', reopenedAt: null }]);
    await closed.fold(events.slice(2), 3n);
    expect(await closingsIn(closed)).toMatchObject([{ invoiceId: 'inv_1', reopenedAt: month(2) }]);
  });
});

describe('the contracts of a customer', () => {
  it('stand together, with the position of the last event of any of them', async () => {
    const sealed = { type: 'ContractsSealed', customerId: 'cus_1', sealedAt: month(9) } as const;
    const events = recorded(
      contractCreated('cus_1', 'con_1'),
      contractCreated('cus_1', 'con_2'),
      contractCreated('cus_2', 'con_3'),
      sealed,
      periodClosed(period),
    );
    const { reader } = await folded(events);
    const found = await customerContracts(reader, ['cus_1', 'cus_2', 'cus_3']);
    expect([...found.keys()]).toEqual(['cus_1', 'cus_2']);
    expect(found.get('cus_1')).toMatchObject({
      position: 5n,
      state: {
        cuts: 1,
        sealed: true,
        contracts: [{ contractId: 'con_1' }, { contractId: 'con_2' }],
      },
    });
    expect(found.get('cus_2')?.position).toBe(3n);
    expect(await allCustomerContracts(reader)).toEqual([...found.values()].map((one) => one.state));
  });

  it('go on from what earlier batches said', async () => {
    const opened = await store(folder());
    const events = recorded(contractCreated('cus_1', 'con_1'), contractCreated('cus_1', 'con_2'));
    for (const event of events) await opened.fold([event], event.position);
    const found = await customerContracts(opened.reader, ['cus_1']);
    expect(found.get('cus_1')?.state.contracts.map((one) => one.contractId)).toEqual([
      'con_1',
      'con_2',
    ]);
  });
});

describe('what falls due', () => {
  const never = { gracedBefore: month(-1), immediateBefore: month(-1) };
  const events = recorded(
    contractCreated('cus_2', 'con_b', month(3)),
    withCharge(contractCreated('cus_1', 'con_a'), '2024-02-10T00:00:00Z'),
    endDateUpdated('con_b', month(5)),
  );
  const dueIds = async (due: Partial<typeof never>, limit = 10) => {
    const { reader } = await folded(events);
    const by = { ...never, ...due };
    const graced = await nextDueContracts(reader, 'graced_due', by.gracedBefore, limit);
    const other = await nextDueContracts(reader, 'immediate_due', by.immediateBefore, limit);
    return [...graced, ...other].map((one) => one.contractId);
  };

  it('is a contract whose first open period has ended, earliest first, so many', async () => {
    expect(await dueIds({})).toEqual([]);
    expect(await dueIds({ gracedBefore: month(1) })).toEqual(['con_a']);
    expect(await dueIds({ gracedBefore: month(4) })).toEqual(['con_a', 'con_b']);
    expect(await dueIds({ gracedBefore: month(4) }, 1)).toEqual(['con_a']);
  });

  it('stands in order of creation where it is due at once', async () => {
    const twins = recorded(contractCreated('cus_2', 'con_b'), contractCreated('cus_1', 'con_a'));
    const { reader } = await folded(twins);
    const found = await nextDueContracts(reader, 'graced_due', month(1), 10);
    expect(found.map((one) => one.contractId)).toEqual(['con_b', 'con_a']);
  });

  it('is a contract with a charge, without grace', async () => {
    expect(await dueIds({ immediateBefore: instant('2024-02-09T23:00:00Z') })).toEqual([]);
    expect(await dueIds({ immediateBefore: instant('2024-02-10T00:00:00Z') })).toEqual(['con_a']);
  });

  it('moves on when a period is closed, and back when it is opened again', async () => {
    const closed: Period = { ...period, contractId: 'con_a' };
    const reopenedAt = instant('2024-02-20T07:00:00Z');
    const more = recorded(contractCreated('cus_1', 'con_a'), periodClosed(closed), {
      ...periodReopened(closed),
      reopenedAt,
    });
    const opened = await store(folder());
    const gracedAfterEach = [];
    for (const event of more) {
      await opened.fold([event], event.position);
      const due = await earliestDue(opened.reader, {
        gracedAfter: month(0),
        immediateAfter: month(0),
      });
      gracedAfterEach.push(due.graced);
    }
    expect(gracedAfterEach).toEqual([month(1), month(2), reopenedAt]);
  });

  it('is told first come first, after an instant', async () => {
    const { reader } = await folded(events);
    const at = async (index: number) =>
      earliestDue(reader, { gracedAfter: month(index), immediateAfter: month(index) });
    expect(await at(0)).toEqual({ graced: month(1), immediate: instant('2024-02-10T00:00:00Z') });
    expect(await at(1)).toEqual({ graced: month(4), immediate: instant('2024-02-10T00:00:00Z') });
    expect(await at(4)).toEqual({ graced: null, immediate: null });
  });
});
