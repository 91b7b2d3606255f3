import { type UsageInput } from '../../src/usage/commands.ts';
import { addHours, hourOf } from '../../src/kernel/calendar.ts';
import { caller, customerAsked, done } from '../application/engine.ts';
import { addProduct, contractOf, openCatalog, type OpenCatalog } from './catalogs.ts';
import { type GeneratedHistory, type Step } from './steps.ts';
import { allInvoices, start, type World } from './world.ts';

const aliasOf = (index: number): string => `alias-${String(index)}`;

type Shown = { readonly invoiceId: string; readonly status: string };
type Signed = { readonly customerId: string; readonly contractId: string };
type Asked<Kind extends Step['step']> = Extract<Step, { readonly step: Kind }>;

type Life = {
  readonly world: World;
  readonly catalog: OpenCatalog;
  readonly customers: string[];
  readonly contracts: Signed[];
};

/** Has it happen; refusals are part of life. */
export async function live(world: World, history: GeneratedHistory): Promise<void> {
  const { engine, clock } = world;
  const catalog = await openCatalog(world, history.catalog);
  const life: Life = { world, catalog, customers: [], contracts: [] };
  await join(life, { held: [0], terms: history.first });
  await join(life, { held: [], terms: history.second });
  for (const next of history.steps) await take(life, next);
  await done(engine.advanceTestClock({ to: addHours(clock.now(), 40 * 24) }, caller));
}

async function take(life: Life, next: Step): Promise<void> {
  const { world, catalog, customers } = life;
  const { engine, clock } = world;
  switch (next.step) {
    case 'use':
      await done(engine.recordUsage(next.lines.map(lineOf(life)), caller));
      return;
    case 'wait':
      await done(engine.advanceTestClock({ to: addHours(clock.now(), next.days * 24) }, caller));
      return;
    case 'alias': {
      const customerId = customers[next.customer] ?? '';
      await engine.setIngestAliases({ customerId, ingestAliases: next.held.map(aliasOf) }, caller);
      return;
    }
    case 'move':
      return move(life, customers[next.customer] ?? '', next.held.map(aliasOf));
    case 'void': {
      const invoiceId = await invoiceIn(life, 'FINALIZED', next.pick);
      if (invoiceId === undefined) return;
      await engine.voidInvoice({ invoiceId, reason: 'again' }, caller);
      return;
    }
    case 'finalize': {
      const invoiceId = await invoiceIn(life, 'DRAFT', next.pick);
      if (invoiceId !== undefined) await engine.finalizeInvoice({ invoiceId }, caller);
      return;
    }
    case 'sign':
      return sign(life, customers[next.customer] ?? '', next.terms);
    case 'end': {
      const contract = one(life.contracts, next.pick);
      if (contract === undefined) return;
      const endingBefore = next.day === null ? null : addHours(start, next.day * 24);
      await engine.updateContractEndDate({ ...contract, endingBefore }, caller);
      return;
    }
    case 'plan':
      return changePlan(life, next);
    case 'rate':
      return addRate(world, catalog.cardIds[next.pick % 2] ?? '', next);
    case 'product':
      return addProduct(world, catalog, next.later);
    case 'join':
      if (customers.length < 4) await join(life, next);
      return;
    case 'leave':
      return leave(life, customers[next.customer] ?? '');
    case 'payer': {
      const { payer } = next;
      const customerId = customers[next.customer] ?? '';
      const billingConfig = payer === null ? null : { ...byInvoice, providerCustomerId: payer };
      await engine.setBillingConfig({ customerId, billingConfig }, caller);
      return;
    }
  }
}

const byInvoice = { provider: 'STRIPE', collectionMethod: 'SEND_INVOICE' } as const;

const one = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

const lineOf =
  ({ world, customers }: Life) =>
  ({ key, hour, ago, ...line }: Asked<'use'>['lines'][number]): UsageInput => {
    const [first, second, ...others] = customers;
    const keys = [first, second, ...[0, 1, 2].map(aliasOf), 'nobody', ...others];
    return {
      transactionId: `t${String(line.id)}`,
      customerId: keys[key] ?? aliasOf(2),
      eventType: line.type,
      timestamp: ago === null ? addHours(start, hour) : addHours(world.clock.now(), -ago),
      properties: { n: line.n, ...line.groups },
    };
  };

async function join(
  life: Life,
  { held, terms }: Pick<Asked<'join'>, 'held' | 'terms'>,
): Promise<void> {
  const asked = customerAsked(held.map(aliasOf));
  const created = await life.world.engine.createCustomer(asked, caller);
  if ('refused' in created) return;
  const { customerId } = created.result;
  life.customers.push(customerId);
  await sign(life, customerId, terms);
}

async function move(
  { world, customers }: Life,
  to: string,
  ingestAliases: readonly string[],
): Promise<void> {
  for (const customerId of customers.filter((id) => id !== to)) {
    await world.engine.setIngestAliases({ customerId, ingestAliases: [] }, caller);
  }
  await world.engine.setIngestAliases({ customerId: to, ingestAliases }, caller);
}

async function sign(
  { world, catalog, contracts }: Life,
  customerId: string,
  terms: GeneratedHistory['first'],
): Promise<void> {
  const input = contractOf(catalog, customerId, terms);
  const signed = await world.engine.createContract({ input, idempotencyKey: null }, caller);
  if ('result' in signed) contracts.push({ customerId, ...signed.result });
}

async function changePlan(
  { world, catalog, contracts }: Life,
  { pick, terms }: Asked<'plan'>,
): Promise<void> {
  const from = one(contracts, pick);
  if (from === undefined) return;
  const { customerId, contractId: fromContractId } = from;
  const contract = contractOf(catalog, customerId, terms);
  const input = { fromContractId, contract };
  const changed = await world.engine.changePlan({ input, idempotencyKey: null }, caller);
  if (!('result' in changed)) return;
  contracts.push({ customerId, contractId: changed.result.startedContractId });
}

/** The customer's contracts end, what is left is billed, and it is archived. */
async function leave({ world, contracts }: Life, customerId: string): Promise<void> {
  const { engine, clock } = world;
  const endingBefore = addHours(hourOf(clock.now()), 24);
  for (const contract of contracts.filter((signed) => signed.customerId === customerId)) {
    await engine.updateContractEndDate({ ...contract, endingBefore }, caller);
  }
  await done(engine.advanceTestClock({ to: addHours(endingBefore, 3 * 24) }, caller));
  await engine.archiveCustomer({ customerId }, caller);
}

async function invoiceIn(
  { world }: Life,
  status: string,
  index: number,
): Promise<string | undefined> {
  const shown = (await allInvoices(world)).map((text) => JSON.parse(text) as Shown);
  return one(
    shown.filter((invoice) => invoice.status === status),
    index,
  )?.invoiceId;
}

async function addRate(
  { engine, models }: World,
  rateCardId: string,
  { pick: price, day }: { readonly pick: number; readonly day: number },
): Promise<void> {
  const products = models.main.reader.selectFrom('product').select('product_id');
  const [product] = await products.orderBy('position').limit(1).execute();
  const rate = {
    productId: product?.product_id ?? '',
    pricing: { model: 'FLAT' as const, unitPrice: String(price) },
    entitled: true,
    startingAt: addHours(start, day * 24),
    endingBefore: null,
  };
  await engine.addRates({ input: { rateCardId, rates: [rate] }, idempotencyKey: null }, caller);
}
