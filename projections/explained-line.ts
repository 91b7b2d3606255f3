import { type Metric, type Product } from '../src/catalog/events.ts';
import { pricingOverrides } from '../src/contracts/rate-schedule.ts';
import { chargeArithmetic, usageArithmetic } from '../src/invoices/arithmetic.ts';
import { type InvoiceLine } from '../src/invoices/events.ts';
import { groupOf, occurrenceOf, segmentOf } from '../src/invoices/explaining.ts';
import { present } from '../src/kernel/invariant.ts';
import { metricsByIds, productsByIds } from './catalog.ts';
import { type InvoiceView } from './drafts.ts';
import { contractOfInvoice, type ContractOfInvoice } from './explained-contract.ts';
import {
  type Explained,
  type Explaining,
  type LineAsked,
  type LineExplanation,
} from './explained.ts';
import { explainLate } from './explained-late.ts';
import { pricedBy } from './explained-price.ts';
import { usageCount, usagePage } from './explained-usage.ts';

/** null: the invoice has no such line. */
export async function explainLine(
  explaining: Explaining,
  asked: LineAsked,
): Promise<LineExplanation | null> {
  const { view, lineId } = asked;
  const line = view.content.lines.find((one) => one.lineId === lineId);
  if (line === undefined) return null;
  const known = await contractOfInvoice(explaining.log, view);
  if (line.type === 'SCHEDULED') return explainCharge(explaining, view, line, known);
  const { main } = explaining.models;
  const products = await productsByIds(main.reader, [line.productId]);
  const product = present(products.get(line.productId), 'what is billed is in the catalog');
  const metrics = await metricsByIds(main.reader, [product.metricId ?? '']);
  const metric = present(metrics.get(product.metricId ?? ''), 'a metric of a billed product');
  const explained =
    line.type === 'USAGE'
      ? explainUsage(view, line, metric)
      : await explainLate(explaining, asked, line, metric, known);
  return explanationOf(explaining, view, line, product, known, explained);
}

function explanationOf(
  explaining: Explaining,
  { content, customerId, position: through, currency }: InvoiceView,
  line: InvoiceLine,
  product: Product,
  { created }: ContractOfInvoice,
  { segment, ratesThrough, arithmetic, wanted: some, metric }: Explained,
): LineExplanation {
  const { overrides } = created.event;
  const { pricing, source } = segment;
  const { groupValues } = line;
  const by = Object.keys(groupValues ?? {}).sort();
  const wanted = { ...some, customerId, metric, by, group: groupOf(line), through };
  const { startingAt, endingBefore } = segment;
  const price = { created, product, groupValues, through: ratesThrough };
  const changes = source === 'OVERRIDE' ? pricingOverrides(overrides, product, segment) : [];
  return {
    line,
    currency,
    pricing,
    source,
    arithmetic: arithmetic(changes),
    pricedBy: () => pricedBy(explaining.log, { ...price, interval: { startingAt, endingBefore } }),
    usage: (page) => usagePage(explaining, wanted, connectionOf(content.invoiceId, line), page),
    usageCount: () => usageCount(explaining, wanted),
  };
}

const connectionOf = (invoiceId: string, { lineId }: InvoiceLine): string =>
  `usage of ${invoiceId} ${lineId}`;

function explainUsage(view: InvoiceView, line: InvoiceLine, metric: Metric): Explained {
  const segment = present(segmentOf(view.content.terms, line), 'a line is billed by the terms');
  const adds = metric.aggregation === 'COUNT' || metric.aggregation === 'SUM';
  const { currency } = view;
  const { pricing } = segment;
  return {
    segment,
    ratesThrough: view.position,
    arithmetic: (overrides) => usageArithmetic({ line, pricing, overrides, currency }),
    wanted: { interval: adds ? segment : line.period, since: 0n, counts: () => true },
    metric,
  };
}

function explainCharge(
  explaining: Explaining,
  { content, currency }: InvoiceView,
  line: InvoiceLine,
  { created, contract }: ContractOfInvoice,
): LineExplanation {
  const { invoiceId } = content;
  const occurring = present(occurrenceOf(contract, invoiceId, line), 'a charge of the contract');
  const unitPrice = present(line.unitPrice, 'a charge has a unit price');
  return {
    line,
    currency,
    pricing: { model: 'FLAT', unitPrice },
    source: 'SCHEDULED_CHARGE',
    arithmetic: chargeArithmetic(line, occurring, currency),
    pricedBy: () => Promise.resolve([created]),
    usage: (page) => usagePage(explaining, null, connectionOf(invoiceId, line), page),
    usageCount: () => usageCount(explaining, null),
  };
}
