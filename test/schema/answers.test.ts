import { describe, expect, it } from 'vitest';
import { type Engine } from '../../src/application/engine.ts';
import { TimedOut } from '../../src/application/ports.ts';
import { aliasesSet } from '../support/main-events.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded, type MainEvent } from '../support/recorded.ts';
import { accountOf, customerId, openUsage, viewsOf } from './account.ts';
import { ask } from './asking.ts';

const { folded, folder } = useStores(openMain);

describe('mutations of one request', () => {
  it('each answer with what is recorded by then', async () => {
    const log: MainEvent[] = accountOf(1);
    const main = await folded(recorded(...log));
    const setIngestAliases: Engine['setIngestAliases'] = async ({ customerId, ingestAliases }) => {
      log.push(aliasesSet(customerId, ...ingestAliases));
      const position = BigInt(log.length);
      await main.fold(recorded(...log).slice(-1), position);
      return { result: { customerId }, position };
    };
    const set = (alias: string) =>
      `${alias}: setIngestAliases(input: {customerId: "${customerId(0)}", ingestAliases: ["${alias}"]}) {
        customer { ingestAliases contracts { customer { ingestAliases } } } }`;
    const views = viewsOf(main, await openUsage(folder()));
    const answer = await ask(
      `mutation { ${set('one')} ${set('two')} }`,
      {},
      { engine: { setIngestAliases }, views },
    );
    const told = (alias: string) => ({
      customer: { ingestAliases: [alias], contracts: [{ customer: { ingestAliases: [alias] } }] },
    });
    expect(answer).toMatchObject({ errors: [], data: { one: told('one'), two: told('two') } });
  });
});

describe('a mutation that times out', () => {
  it.each([
    ['with what it asked for recorded, says so', true, { code: 'TIMEOUT', recorded: true }],
    ['before anything is recorded, does not say that it is', false, { code: 'TIMEOUT' }],
  ])('%s', async (_case, recorded, extensions) => {
    const finalizeInvoice = () => Promise.reject(new TimedOut('not published', recorded));
    const { errors } = await ask(
      'mutation { finalizeInvoice(id: "inv_1") { invoice { id } } }',
      {},
      { engine: { finalizeInvoice } },
    );
    expect(errors.map((error) => error.extensions)).toEqual([extensions]);
  });
});

describe('a query that waits', () => {
  it('does not answer with what another part of it had read before', async () => {
    const log: MainEvent[] = accountOf(1);
    const main = await folded(recorded(...log));
    const views = viewsOf(main, await openUsage(folder()));
    const waitFor = async () => {
      await new Promise((done) => setTimeout(done, 20));
      log.push(aliasesSet(customerId(0), 'new'));
      await main.fold(recorded(...log).slice(-1), BigInt(log.length));
    };
    const answer = await ask(
      `{ customer(id: "${customerId(0)}") { name }
         invoices(minPosition: "1", filter: {statuses: FINALIZED}) { nodes { customer { ingestAliases } } } }`,
      {},
      { views: { ...views, waitFor } },
    );
    expect(answer.data).toMatchObject({
      invoices: { nodes: [{ customer: { ingestAliases: ['new'] } }] },
    });
  });
});
