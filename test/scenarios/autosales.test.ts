import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { playAutoSales, silently, storyStartsAt, type Story } from '../support/autosales.ts';
import {
  differences,
  expectedSummary,
  readInvoices,
  sumOf,
  summary,
  titleOf,
  type StoryInvoice,
} from '../support/autosales-invoices.ts';
import { expectedMetered, readMetered } from '../support/autosales-metering.ts';
import { storyUsage } from '../support/autosales-usage.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';

const testClock = { PAYGO_TEST_CLOCK: storyStartsAt };

describe('the year of AutoSales', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Running;
  let story: Story;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startHere(folder.path, testClock);
    story = await playAutoSales(server.client);
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  it('sends more than ten thousand events, every fiftieth twice, half by id and half by alias', () => {
    // 9744 emails, 31 + 50 + 80 + 81 + 4 updates, 362 reminders, 2 x 90 room uses: 10,532 events;
    // 210 of them twice; and 7 late emails and one of August.
    expect(story.sent).toBe(10_532 + 210 + 8);
    const sent = storyUsage(story.customerId).flatMap(({ events }) => events);
    const byId = sent.filter(({ customerId }) => customerId === story.customerId).length;
    expect(byId / sent.length).toBeGreaterThan(0.49);
    expect(byId / sent.length).toBeLessThan(0.51);
    expect(new Set(sent.map(({ transactionId }) => transactionId)).size).toBe(sent.length - 210);
  });

  it('ends in sixteen invoices, to the cent', () => {
    expect(summary(story.invoices)).toEqual(expectedSummary);
    expect(differences(story.invoices)).toEqual([]);
  });

  it('is told apart from any other: a missing invoice, a draft, a cent, a late line of another month', () => {
    const change = (title: string, edit: (invoice: StoryInvoice) => object) =>
      differences(
        story.invoices.map((invoice) =>
          titleOf(invoice) === title ? { ...invoice, ...edit(invoice) } : invoice,
        ),
      );
    const july = '2025-07-01 USAGE';
    expect(differences(story.invoices.slice(1))).toHaveLength(3);
    expect(change(july, () => ({ status: 'DRAFT' }))).toHaveLength(2);
    expect(change(july, ({ total }) => ({ total: { ...total, amount: '11.81' } }))).toHaveLength(3);
    const toSeptember = ({ lineItems }: StoryInvoice) => ({
      lineItems: lineItems.map((line) => ({ ...line, startingAt: '2024-09-01T00:00:00.000Z' })),
    });
    expect(change('2024-11-01 USAGE', toSeptember)).toHaveLength(2);
  });

  it('comes to 1475.48 in all', () => {
    // 169.90 + 275.70 + 0.00 + 1.00 + 454.00 + 467.68 + 4 x 11.80 + 6 x 10.00
    expect(sumOf(story.invoices)).toBe('1475.48');
  });

  it('charges the AI fee six times, and not on the day the contract ends', async () => {
    const { contract } = await server.client.ask<{
      contract: { scheduledCharges: { occurrences: { timestamp: string }[] }[] };
    }>(
      `query ($id: ID!) { contract(id: $id) {
        scheduledCharges { occurrences { timestamp amount { amount } } }
      } }`,
      { id: story.bestId },
    );
    const months = ['02', '03', '04', '05', '06', '07'];
    const occurrences = months.map((month) => ({
      timestamp: `2025-${month}-01T00:00:00.000Z`,
      amount: { amount: '10.00' },
    }));
    expect(contract.scheduledCharges).toEqual([{ occurrences }]);
  });

  it('meters what is not billed: reminders and rooms of Basic, and the email after the end', async () => {
    expect(await readMetered(server.client, story.customerId, story.metrics)).toEqual(
      expectedMetered,
    );
  });

  it('shows a line of nothing when it is asked for, and none of what is not entitled', async () => {
    const linesOf = async (start: string) => {
      const { customer } = await server.client.ask<{
        customer: { invoices: { nodes: { lineItems: { name: string; quantity: string }[] }[] } };
      }>(
        `query ($id: ID!, $from: DateTime!, $to: DateTime!) { customer(id: $id) {
          invoices(filter: { types: [USAGE], startingAt: $from, endingBefore: $to }) {
            nodes { lineItems(includeZero: true) { name quantity } }
          }
        } }`,
        { id: story.customerId, from: `${start}T00:00:00Z`, to: `${start}T01:00:00Z` },
      );
      const lines = customer.invoices.nodes.flatMap(({ lineItems }) => lineItems);
      return lines.map(({ name, quantity }) => `${quantity} ${name}`).sort();
    };
    expect(await linesOf('2024-12-01')).toEqual(['0 Email generation', '0 Spreadsheet updates']);
    expect(await linesOf('2025-01-01')).toEqual(['0 Spreadsheet updates', '10 Email generation']);
  });

  it('is the same when all of it is sent again', async () => {
    const before = JSON.stringify(await readInvoices(server.client, story.customerId));
    const again = await playAutoSales(server.client, silently);
    const { invoices: _invoices, ...ids } = story;
    expect(again).toMatchObject(ids);
    expect(JSON.stringify(again.invoices)).toBe(before);
    expect(await readMetered(server.client, story.customerId, story.metrics)).toEqual(
      expectedMetered,
    );
  });
});

describe('the year of AutoSales with the upgrade as one change of plan', () => {
  it('ends in the same invoices, each with thirty days to pay, as no contract says otherwise', async () => {
    const folder = await temporaryFolder();
    try {
      const server = await startHere(folder.path, testClock);
      try {
        const { invoices } = await playAutoSales(server.client, silently, 'change of plan');
        expect(summary(invoices)).toEqual(expectedSummary);
      } finally {
        await server.stop();
      }
      expect(await daysUntilDue(folder.path)).toEqual(Array.from({ length: 16 }, () => 30));
    } finally {
      await folder.remove();
    }
  }, 60_000);
});

/** What the invoices in the log say. */
async function daysUntilDue(folder: string): Promise<readonly unknown[]> {
  const log = openSqliteLog({ folder });
  try {
    const { events } = await log.readAll({ streamPrefixes: ['invoice-'], maxCount: 1000 });
    return events.map(({ event }) => 'daysUntilDue' in event && event.daysUntilDue);
  } finally {
    await log.close();
  }
}
