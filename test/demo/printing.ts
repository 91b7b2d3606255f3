import { styleText } from 'node:util';
import { type StoryReport } from '../support/autosales.ts';
import { titleOf, type StoryInvoice } from '../support/autosales-invoices.ts';
import { table } from './table.ts';

const isTerminal = process.stdout.isTTY;
const hasColor = isTerminal && !process.env['NO_COLOR'];

type Style = 'bold' | 'dim' | 'green' | 'red';

export const paint = (style: Style, text: string): string =>
  hasColor ? styleText(style, text) : text;

let isAfterBlank = true;

/** A line; of several blank ones the first. */
export const say = (text = ''): void => {
  if (text === '' && isAfterBlank) return;
  process.stdout.write(`${text}\n`);
  isAfterBlank = text === '';
};

const day = (at: string): string => paint('dim', at.slice(0, 16).replace('T', ' '));

/** Each step in a line, progress in place on a terminal, and each invoice as a table. */
export const printing: StoryReport = {
  step(at, text) {
    say(`${day(at)}  ${text}`);
  },
  usage(at, sent, of) {
    const progress = sent === of ? count(sent) : `${count(sent)} of ${count(of)}`;
    const text = `${day(at)}  usage: ${progress} ${of === 1 ? 'event' : 'events'} recorded`;
    if (isTerminal) process.stdout.write(`\r\u001b[K${sent === of ? '' : text}`);
    if (sent === of) say(text);
  },
  invoice(invoice) {
    say();
    invoiceLines(invoice).forEach((line) => {
      say(`    ${line}`);
    });
    say();
  },
};

export const count = (value: number): string => value.toLocaleString('en-US');

/** With two digits after the point at least. */
const price = (unitPrice: string): string => {
  const [whole = '', fraction = ''] = unitPrice.split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
};

function invoiceLines(invoice: StoryInvoice): readonly string[] {
  const period =
    invoice.type === 'SCHEDULED' ? '' : ` to ${invoice.periodEnd.slice(0, 10)} (exclusive)`;
  const title = `Invoice ${titleOf(invoice)}${period}, ${invoice.status.toLowerCase()}`;
  const lines = invoice.lineItems.map(({ type, name, startingAt, quantity, unitPrice, amount }) => [
    type === 'LATE_USAGE' ? `${name}, late usage of ${startingAt.slice(0, 7)}` : name,
    quantity,
    'x',
    unitPrice === null ? '' : price(unitPrice),
    amount.amount,
  ]);
  const total = [`Total ${invoice.currency}`, '', '', '', invoice.total.amount];
  const printed = table([...lines, total], ['left', 'right', 'left', 'right', 'right']);
  return [paint('bold', title), ...printed.slice(0, -1), paint('bold', printed.at(-1) ?? '')];
}

/** All invoices, a line each, and their sum. */
export function overview(invoices: readonly StoryInvoice[], sum: string): readonly string[] {
  const rows = invoices.map((invoice) => [
    invoice.periodStart.slice(0, 10),
    invoice.type,
    `${String(invoice.lineItems.length)} ${invoice.lineItems.length === 1 ? 'line ' : 'lines'}`,
    invoice.total.amount,
  ]);
  return table([...rows, ['Sum', '', '', sum]], ['left', 'left', 'right', 'right']);
}
