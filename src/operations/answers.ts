import {
  listProducts,
  metricsByIds,
  rateCardIdByAlias,
  rateCardsByIds,
  ratesPage,
} from '../../projections/catalog.ts';
import { customerContracts } from '../../projections/contracts.ts';
import { customerIdByAlias, listCustomers, type Customer } from '../../projections/customers.ts';
import { createDrafts } from '../../projections/invoice-list.ts';
import { type Page, type PageRequest } from '../../projections/page.ts';
import { rateSchedule } from '../../projections/rate-schedule.ts';
import { type ReadModels } from '../../projections/read-models.ts';
import { usagePoints } from '../../projections/usage-points.ts';
import { passedOver } from '../../projections/usage.ts';
import { type Metric } from '../catalog/events.ts';
import { type Instant, type Interval } from '../kernel/calendar.ts';

/** An answer without positions: it is the same from every copy of a log. */
export type Answer = { readonly name: string; readonly value: unknown };

export type Answers = AsyncGenerator<Answer, void, undefined>;

export type Asked = {
  readonly models: ReadModels;
  readonly now: Instant;
  readonly graceHours: number;
};

/** What customers see, kind by kind, each in an order that the log alone gives. */
export const answersByKind: ReadonlyMap<string, (asked: Asked) => Answers> = new Map([
  ['catalog', catalog],
  ['customers', customers],
  ['contracts', contracts],
  ['invoices', invoices],
  ['metered usage', meteredUsage],
]);

const pageSize = 1000;

/** All nodes of a connection. */
async function* nodesOf<Node>(
  read: (page: PageRequest) => Promise<Page<Node>>,
): AsyncGenerator<Node, void, undefined> {
  for (let after: string | null = null, more = true; more;) {
    const page: Page<Node> = await read({ first: pageSize, after });
    for (const { node } of page.edges) yield node;
    after = page.edges.at(-1)?.cursor ?? null;
    more = page.hasNextPage;
  }
}

const allCustomers = ({ models }: Asked): AsyncGenerator<Customer, void, undefined> =>
  nodesOf((page) => listCustomers(models.main.reader, null, page));

/** By id. */
async function allMetrics({ models: { main } }: Asked): Promise<readonly Metric[]> {
  const rows = await main.reader
    .selectFrom('metric')
    .select('metric_id')
    .orderBy('metric_id')
    .execute();
  const ids = rows.map((row) => row.metric_id);
  const metrics = await metricsByIds(main.reader, ids);
  return ids.flatMap((id) => metrics.get(id) ?? []);
}

async function* catalog(asked: Asked): Answers {
  const { main, usage } = asked.models;
  const metrics = await allMetrics(asked);
  const passed = await passedOver(
    usage.reader,
    metrics.map(({ metricId }) => metricId),
  );
  for (const metric of metrics) {
    const { metricId } = metric;
    yield { name: `metric ${metricId}`, value: { metric, passedOver: passed.get(metricId) } };
  }
  for await (const product of nodesOf((page) => listProducts(main.reader, page))) {
    yield { name: `product ${product.productId}`, value: product };
  }
  const rows = await main.reader
    .selectFrom('rate_card')
    .select('rate_card_id')
    .orderBy('rate_card_id')
    .execute();
  for (const { rate_card_id: id } of rows) {
    const card = (await rateCardsByIds(main.reader, [id])).get(id);
    const rates = await gathered(nodesOf((page) => ratesPage(main.reader, id, null, page)));
    const byAlias = await Promise.all(
      (card?.aliases ?? []).map((alias) => rateCardIdByAlias(main.reader, alias)),
    );
    yield { name: `rate card ${id}`, value: { card, rates, byAlias } };
  }
}

async function* customers(asked: Asked): Answers {
  const { reader } = asked.models.main;
  for await (const customer of allCustomers(asked)) {
    const byAlias = await Promise.all(
      customer.ingestAliases.map((alias) => customerIdByAlias(reader, alias)),
    );
    yield { name: `customer ${customer.customerId}`, value: { customer, byAlias } };
  }
}

async function* contracts(asked: Asked): Answers {
  const { reader } = asked.models.main;
  for await (const { customerId } of allCustomers(asked)) {
    const held = (await customerContracts(reader, [customerId])).get(customerId)?.state.contracts;
    for (const contract of held ?? []) {
      const { contractId } = contract;
      const schedules = await rateSchedule(reader, [contractId], asked.now);
      const value = { contract, rateSchedule: schedules.get(contractId) };
      yield { name: `contract ${contractId}`, value };
    }
  }
}

/** Final ones, void ones and drafts, with their lines. */
async function* invoices(asked: Asked): Answers {
  const { models, graceHours, now } = asked;
  const drafts = createDrafts(models, graceHours);
  for await (const { customerId } of allCustomers(asked)) {
    const filter = { ...everything, customerId };
    const heads = await gathered(
      nodesOf(async (page) => {
        const [list] = await drafts.lists([{ filter, page }], now);
        return list ?? nothing;
      }),
    );
    const ids = heads.map(({ invoiceId }) => invoiceId);
    const views = await drafts.invoices(ids, now);
    for (const head of heads) {
      const { position: _position, ...view } = views.get(head.invoiceId) ?? { position: null };
      yield { name: `invoice ${head.invoiceId}`, value: { head, view } };
    }
  }
}

/** Hour by hour, and month by month, which are kept apart from the hours. */
async function* meteredUsage(asked: Asked): Answers {
  const { reader } = asked.models.usage;
  const metrics = await allMetrics(asked);
  for await (const { customerId } of allCustomers(asked)) {
    for (const metric of metrics) {
      for (const window of ['HOUR', 'MONTH'] as const) {
        const groupBy = metric.groupKeys.flat();
        const request = { ...billable, customerId, metric, window, groupBy };
        const points = await gathered(nodesOf((page) => usagePoints(reader, request, page)));
        if (points.length === 0) continue;
        yield { name: `usage of ${metric.metricId} by ${customerId}, ${window}`, value: points };
      }
    }
  }
}

/** Billing rule 2. */
const billable: Interval = {
  startingAt: '2000-01-01T00:00:00.000Z',
  endingBefore: '2101-01-01T00:00:00.000Z',
};

const everything = {
  contractId: null,
  statuses: null,
  types: null,
  startingAt: null,
  endingBefore: null,
};

const nothing: Page<never> = {
  edges: [],
  hasNextPage: false,
  hasPreviousPage: false,
  totalCount: 0,
};

async function gathered<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
