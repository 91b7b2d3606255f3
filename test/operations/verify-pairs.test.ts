import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractsStream } from '../../src/contracts/events.ts';
import { type Fault } from '../../src/operations/inspect-log.ts';
import { all, billedLog, run, takeOut, verified, type Billed } from './tampered.ts';

let billed: Billed;

beforeAll(async () => {
  billed = await billedLog();
}, 60_000);
afterAll(() => billed.folder.remove());

type Named = keyof Billed['ids'];

const place = (type: string, invoice: Named): string =>
  `position = (SELECT position FROM event WHERE type = '${type}'
    AND json_extract(data, '$.invoiceId') = '${billed.ids[invoice]}')`;
const invoiceGone = (invoice: Named) =>
  takeOut(`stream_id = (SELECT id FROM stream WHERE name = 'invoice-${billed.ids[invoice]}')`);
const eventGone = (type: string, invoice: Named) => takeOut(place(type, invoice));

describe('verify, in a log from which somebody took what belongs together', () => {
  it('finds nothing where nobody did', async () => {
    const { code, faults, unfinished, text } = await verified(billed, () => undefined);
    expect({ code, faults, unfinished }).toEqual({ code: 0, faults: [], unfinished: [] });
    expect(text).toBe('5 invoices replayed, 0 differ');
  });

  it.each([
    [
      'an invoice, ahead of another of its contract',
      'november',
      () => invoiceGone('november'),
      /^has no invoice, but inv_\w+_20241201T00_0, which its contract closed later, is published$/,
    ],
    [
      'an invoice that is the last of its contract',
      'other',
      () => invoiceGone('other'),
      /^is not published, but the log goes on for 1464 hours$/,
    ],
    [
      'a void invoice',
      'october',
      () => invoiceGone('october'),
      /^has no invoice, but its period was opened again$/,
    ],
    [
      'a PeriodClosed',
      'november',
      () => eventGone('PeriodClosed', 'november'),
      /^has no PeriodClosed ahead of it$/,
    ],
    [
      'a PeriodClosed that was voided',
      'october',
      () => eventGone('PeriodClosed', 'october'),
      /^has no PeriodClosed ahead of it$/,
    ],
    [
      'a PeriodClosed and its invoice',
      'december',
      () => all(eventGone('PeriodClosed', 'november'), invoiceGone('november')),
      /^is cut 4 of its customer, behind cut 2: a PeriodClosed is not what it was$/,
    ],
    [
      'an InvoiceFinalized, but not what came of it',
      'october',
      () => eventGone('InvoiceFinalized', 'october'),
      /^has no InvoiceFinalized ahead of it$/,
    ],
    [
      'an InvoiceVoided',
      'october',
      () => eventGone('InvoiceVoided', 'october'),
      /^has no InvoiceVoided ahead of it$/,
    ],
    [
      'a PeriodReopened',
      'october',
      () => eventGone('PeriodReopened', 'october'),
      /^is not open again, but the log goes on for 1464 hours$/,
    ],
  ] as const)('names the place and the invoice of %s', async (_what, invoice, change, fault) => {
    const { code, faults, text } = await verified(billed, change());
    expect(code).toBe(1);
    const found = faults.find(
      (one) => one.invoiceId === billed.ids[invoice] && fault.test(one.fault),
    );
    expect(found, JSON.stringify(faults)).toBeDefined();
    const { stream, revision, position, fault: words } = found as Fault;
    const where = `${stream ?? ''}@${String(revision)}, position ${position ?? ''}`;
    expect(text).toContain(`${billed.ids[invoice]}: ${where}: ${words}\n`);
    expect(text).toContain(` in the log\n`);
    // All of them are of what was taken: nothing else is said to be wrong.
    expect(faults.filter(({ invoiceId }) => invoiceId === null)).toEqual([]);
  });

  it('names an invoice that is finalized twice', async () => {
    const { code, faults } = await verified(billed, (db) => {
      const end = `(SELECT max(position) FROM event)`;
      run(`INSERT INTO event SELECT ${end} + 1, stream_id, 1, NULL, category_id, 'twice', type,
        metadata, data FROM event WHERE ${place('InvoiceFinalized', 'december')}`)(db);
    });
    expect({ code, faults }).toMatchObject({
      code: 1,
      faults: [
        {
          stream: `invoice-${billed.ids.december}`,
          revision: 1,
          invoiceId: billed.ids.december,
          fault: 'finalizes an invoice for the second time',
        },
      ],
    });
  });

  it('does not take what the log ends with for lost: it may still come', async () => {
    const { code, faults, unfinished, text } = await verified(billed, invoiceGone('december'));
    expect({ code, faults }).toEqual({ code: 0, faults: [] });
    expect(unfinished).toMatchObject([
      {
        stream: contractsStream(billed.ids.customer),
        invoiceId: billed.ids.december,
        fault: 'is not published yet',
      },
    ]);
    expect(text).toMatch(/^inv_\w+: contracts-.*: is not published yet\n4 invoices replayed/);
  });
});
