import { type Kysely } from 'kysely';
import {
  contractById,
  evolveContracts,
  noContracts,
  type Contract,
  type CustomerContracts,
} from '../src/contracts/contract.ts';
import { contractsStream, type ContractEvent } from '../src/contracts/events.ts';
import { nextDue } from '../src/contracts/periods.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { inChunks } from './chunks.ts';
import { eventsOf } from './events.ts';
import { fromJson, toJson, type Json } from './json.ts';
import { type Projection } from './store.ts';
import { createIndex, createTable } from './table.ts';

export type ContractTables = {
  customer_contracts: {
    customer_id: string;
    /** Of the last event of the customer's contracts. */
    position: number;
    state: Json<CustomerContracts>;
  };
  contract: {
    contract_id: string;
    customer_id: string;
    position: number;
    /** See NextDue. */
    graced_due: Instant | null;
    immediate_due: Instant | null;
  };
};

export type CustomerContractsAt = { readonly state: CustomerContracts; readonly position: bigint };

export const contractsProjection: Projection<ContractTables> = {
  name: 'contracts',
  // Raised when evolveContracts or nextDue say something else, too: their results are kept.
  version: 2,
  async create(db) {
    const state = { customer_id: 'text', position: 'bigint', state: 'text' } as const;
    await createTable(db, 'customer_contracts', state, ['customer_id']);
    const contract = {
      contract_id: 'text',
      customer_id: 'text',
      position: 'bigint',
      graced_due: 'text?',
      immediate_due: 'text?',
    } as const;
    await createTable(db, 'contract', contract, ['contract_id']);
    await createIndex(db, 'contract', 'position', ['position']);
    await createIndex(db, 'contract', 'customer', ['customer_id', 'position']);
    await createIndex(db, 'contract', 'graced_due', ['graced_due']);
    await createIndex(db, 'contract', 'immediate_due', ['immediate_due']);
  },
  async apply(events, db) {
    const changes = eventsOf<ContractEvent>(events, {
      ContractCreated: true,
      EndDateUpdated: true,
      PeriodClosed: true,
      PeriodReopened: true,
      ContractsSealed: true,
    });
    const states = new Map(await customerContracts(db, changes.map(customerOf)));
    for (const recorded of changes) {
      const customerId = customerOf(recorded);
      const { state } = states.get(customerId) ?? { state: noContracts };
      const evolved = evolveContracts(state, recorded.event);
      states.set(customerId, { state: evolved, position: recorded.position });
    }
    const createdAt = new Map(
      changes.flatMap(({ event, position }) =>
        event.type === 'ContractCreated' ? [[event.contractId, Number(position)] as const] : [],
      ),
    );
    for (const [customerId, at] of states) await write(db, customerId, at, createdAt);
  },
};

const customerOf = ({ stream }: Recorded): string => stream.slice(contractsStream('').length);

/**
 * The customer's row and its contracts' ones; createdAt: positions of the contracts that are new.
 */
async function write(
  db: Kysely<ContractTables>,
  customer_id: string,
  { state, position }: CustomerContractsAt,
  createdAt: ReadonlyMap<string, number>,
): Promise<void> {
  const row = { state: toJson(state), position: Number(position) };
  await db
    .insertInto('customer_contracts')
    .values({ customer_id, ...row })
    .onConflict((known) => known.column('customer_id').doUpdateSet(row))
    .execute();
  for (const contract of state.contracts) {
    const contract_id = contract.contractId;
    const { graced, immediate } = nextDue(contract);
    const due = { graced_due: graced, immediate_due: immediate };
    const created = createdAt.get(contract_id);
    if (created === undefined) {
      await db.updateTable('contract').set(due).where('contract_id', '=', contract_id).execute();
    } else {
      const contractRow = { contract_id, customer_id, position: created, ...due };
      await db.insertInto('contract').values(contractRow).execute();
    }
  }
}

/** All contracts of each customer that has any. */
export async function customerContracts(
  db: Kysely<ContractTables>,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, CustomerContractsAt>> {
  const rows = await inChunks(customerIds, (ids) =>
    db.selectFrom('customer_contracts').selectAll().where('customer_id', 'in', ids).execute(),
  );
  return new Map(
    rows.map((row) => [
      row.customer_id,
      { state: fromJson(row.state), position: BigInt(row.position) },
    ]),
  );
}

/** Whose each contract is. */
export async function contractCustomers(
  db: Kysely<ContractTables>,
  contractIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await inChunks(contractIds, (ids) =>
    db
      .selectFrom('contract')
      .select(['contract_id', 'customer_id'])
      .where('contract_id', 'in', ids)
      .execute(),
  );
  return new Map(rows.map((row) => [row.contract_id, row.customer_id]));
}

export async function contractsByIds(
  db: Kysely<ContractTables>,
  contractIds: readonly string[],
): Promise<ReadonlyMap<string, Contract>> {
  const customerIdOf = await contractCustomers(db, contractIds);
  const contracts = await customerContracts(db, [...customerIdOf.values()]);
  return new Map(
    [...customerIdOf].map(([contractId, customerId]) => {
      const state = contracts.get(customerId)?.state ?? noContracts;
      const contract = contractById(state, contractId);
      return [contractId, present(contract, "a contract stands among its customer's")];
    }),
  );
}

/** The contracts of all customers. */
export async function allCustomerContracts(
  db: Kysely<ContractTables>,
): Promise<CustomerContracts[]> {
  const rows = await db
    .selectFrom('customer_contracts')
    .select('state')
    .orderBy('customer_id')
    .execute();
  return rows.map((row) => fromJson(row.state));
}

type ContractKey = { readonly contractId: string; readonly customerId: string };

/** A contract, and the instant from which its next invoice is due (see NextDue). */
type DueContract = ContractKey & { readonly dueFrom: Instant; readonly position: number };

/**
 * The first contracts whose next invoice is due from that instant or before, of those that have
 * grace or of those that have none: earliest first, then in order of creation.
 */
export async function nextDueContracts(
  db: Kysely<ContractTables>,
  kind: 'graced_due' | 'immediate_due',
  by: Instant,
  limit: number,
): Promise<readonly DueContract[]> {
  const rows = await db
    .selectFrom('contract')
    .select(['contract_id', 'customer_id', 'position', kind])
    .where(kind, '<=', by)
    .orderBy(kind)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    contractId: row.contract_id,
    customerId: row.customer_id,
    dueFrom: present(row[kind], 'it is due from some instant'),
    position: row.position,
  }));
}

/** The first instants after these that any contract's next invoice is due from (see NextDue). */
export async function earliestDue(
  db: Kysely<ContractTables>,
  after: { readonly gracedAfter: Instant; readonly immediateAfter: Instant },
): Promise<{ readonly graced: Instant | null; readonly immediate: Instant | null }> {
  const { graced } = await db
    .selectFrom('contract')
    .select(({ fn }) => fn.min('graced_due').as('graced'))
    .where('graced_due', '>', after.gracedAfter)
    .executeTakeFirstOrThrow();
  const { immediate } = await db
    .selectFrom('contract')
    .select(({ fn }) => fn.min('immediate_due').as('immediate'))
    .where('immediate_due', '>', after.immediateAfter)
    .executeTakeFirstOrThrow();
  return { graced, immediate };
}
