import { type Client } from './client.ts';
import { type Metrics } from './autosales-catalog.ts';

/** Quantities by metric and month; a month without usage is left out. */
type Metered = Readonly<Record<keyof Metrics, Readonly<Record<string, string>>>>;

/** What `usage` answers for the whole story, month by month. */
export async function readMetered(
  client: Client,
  customerId: string,
  metrics: Metrics,
): Promise<Metered> {
  const read = async (billableMetricId: string): Promise<Readonly<Record<string, string>>> => {
    const { usage } = await client.ask<{
      usage: { nodes: readonly { startingAt: string; value: string }[] };
    }>(
      `query ($customerId: ID!, $billableMetricId: ID!) {
        usage(
          customerId: $customerId, billableMetricId: $billableMetricId, window: MONTH
          startingAt: "2024-09-01T00:00:00Z", endingBefore: "2025-10-01T00:00:00Z"
        ) { nodes { startingAt value } }
      }`,
      { customerId, billableMetricId },
    );
    const used = usage.nodes.filter(({ value }) => value !== '0');
    return Object.fromEntries(used.map(({ startingAt, value }) => [startingAt.slice(0, 7), value]));
  };
  const { emails, rows, reminders, rooms } = metrics;
  return {
    emails: await read(emails),
    rows: await read(rows),
    reminders: await read(reminders),
    rooms: await read(rooms),
  };
}

/** What each metric shows for each month; late October emails and the one of August count too. */
export const expectedMetered: Metered = {
  emails: {
    '2024-10': '1241', // 1234 + 7 late
    '2024-11': '2000',
    '2025-01': '10',
    '2025-02': '3000',
    '2025-03': '3100',
    '2025-04': '100',
    '2025-05': '100',
    '2025-06': '100',
    '2025-07': '100',
    '2025-08': '1',
  },
  rows: {
    '2024-10': '310',
    '2024-11': '500',
    '2025-02': '800',
    '2025-03': '810.5',
    '2025-04': '10',
    '2025-05': '10',
    '2025-06': '10',
    '2025-07': '10',
  },
  reminders: {
    '2024-10': '45',
    '2025-01': '3',
    '2025-02': '150',
    '2025-03': '160',
    '2025-04': '1',
    '2025-05': '1',
    '2025-06': '1',
    '2025-07': '1',
  },
  rooms: {
    '2024-10': '5',
    '2025-02': '40',
    '2025-03': '41',
    '2025-04': '1',
    '2025-05': '1',
    '2025-06': '1',
    '2025-07': '1',
  },
};
