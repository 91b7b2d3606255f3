import { createCatalog, type Metrics } from './autosales-catalog.ts';
import { changePlan, createBasic, createCustomer, type Upgrade } from './autosales-contracts.ts';
import { readInvoices, type StoryInvoice } from './autosales-invoices.ts';
import {
  arrivesInGrace,
  emailAfterTheEnd,
  lateOctoberEmails,
  storyUsage,
  type StoryEvent,
} from './autosales-usage.ts';
import { type Client } from './client.ts';

/** Where the test clock of a server starts that the story is played on. */
export const storyStartsAt = '2024-09-15T00:00:00Z';

/** Hears what happens as the story goes on. */
export type StoryReport = {
  step(at: string, text: string): void;
  usage(at: string, sent: number, of: number): void;
  invoice(invoice: StoryInvoice): void;
};

export const silently: StoryReport = {
  step: () => undefined,
  usage: () => undefined,
  invoice: () => undefined,
};

export type Story = {
  readonly customerId: string;
  readonly metrics: Metrics;
  readonly basicId: string;
  readonly bestId: string;
  /** Usage events that were sent, repeats included. */
  readonly sent: number;
  /** Oldest first. */
  readonly invoices: readonly StoryInvoice[];
};

const batchSize = 1000;

/**
 * A sales-tech company's year. Every mutation may be sent again, and time is only moved where it
 * has not come yet: to play the story twice on one server is to play it once.
 */
export async function playAutoSales(
  client: Client,
  report: StoryReport = silently,
  upgrade: Upgrade = 'end and create',
): Promise<Story> {
  const scene = createScene(client, report);
  const catalog = await createCatalog(client);
  await scene.step('catalog: four metrics, five products, the rate card "AutoSales standard"');
  const customerId = await createCustomer(client);
  await scene.step('sign-up: First Customer, who sends usage by its id or as team@customer.com');
  const basicId = await createBasic(client, customerId, catalog);
  await scene.step('Basic Contract from 2024-10-01: the card without what is premium');

  const usage = storyUsage(customerId);
  const play = (month: string) => playMonth(scene, usage, month);
  await play('2024-10');
  await scene.advance('2024-11-01T12:00:00Z');
  await scene.step('one more email of October arrives, within the day of grace');
  const held = eventsIn(usage, arrivesInGrace.month).filter(isHeldBack);
  await scene.send(held);
  await scene.advance('2024-11-05T00:00:00Z', customerId);
  await scene.step('seven more emails of October arrive: its invoice is final, so they are late');
  await scene.send(lateOctoberEmails(customerId));
  await play('2024-11');
  await scene.advance('2024-12-05T00:00:00Z', customerId);
  await scene.advance('2025-01-05T00:00:00Z', customerId);
  await scene.advance('2025-01-15T00:00:00Z');
  const bestId = await changePlan(client, upgrade, customerId, basicId, catalog);
  await scene.step('upgrade: Basic ends, Best runs from 2025-02-01 to 2025-08-01, with the AI fee');
  for (const { month } of usage.slice(2)) {
    await play(month);
    await scene.advance(`${next(month)}-02T12:00:00Z`, customerId);
  }
  await scene.step('an email of 2025-08-02, which no contract covers');
  await scene.send([emailAfterTheEnd]);
  await scene.advance('2025-09-15T00:00:00Z', customerId);
  const invoices = await readInvoices(client, customerId);
  return { customerId, metrics: catalog.metrics, basicId, bestId, sent: scene.sent(), invoices };
}

/** Usage arrives twice a month: on the 16th, and on the first of the next. */
async function playMonth(
  scene: Scene,
  usage: ReturnType<typeof storyUsage>,
  month: string,
): Promise<void> {
  const middle = `${month}-16T00:00:00Z`;
  const events = eventsIn(usage, month).filter((event) => !isHeldBack(event));
  const isEarly = ({ timestamp }: StoryEvent) => Date.parse(timestamp) < Date.parse(middle);
  await scene.advance(middle);
  await scene.send(events.filter(isEarly));
  await scene.advance(`${next(month)}-01T00:00:00Z`);
  await scene.send(events.filter((event) => !isEarly(event)));
}

const eventsIn = (usage: ReturnType<typeof storyUsage>, wanted: string): readonly StoryEvent[] =>
  usage.find(({ month }) => month === wanted)?.events ?? [];

const isHeldBack = ({ transactionId }: StoryEvent): boolean =>
  transactionId === arrivesInGrace.transactionId;

/** The month after. */
const next = (month: string): string =>
  new Date(Date.parse(`${month}-28T00:00:00Z`) + 5 * 86_400_000).toISOString().slice(0, 7);

type Scene = {
  step(text: string): Promise<void>;
  /** Moves the clock, and reports the customer's invoices that are final by then. */
  advance(to: string, customerId?: string): Promise<void>;
  send(events: readonly StoryEvent[]): Promise<void>;
  sent(): number;
};

function createScene(client: Client, report: StoryReport): Scene {
  let sent = 0;
  const reported = new Set<string>();
  const now = async (): Promise<string> => {
    const { clock } = await client.ask<{ clock: { now: string } }>('{ clock { now } }');
    return clock.now;
  };
  return {
    sent: () => sent,
    async step(text) {
      report.step(await now(), text);
    },
    async advance(to, customerId) {
      if (Date.parse(await now()) < Date.parse(to)) {
        await client.ask(
          'mutation ($to: DateTime!) { advanceTestClock(to: $to) { clock { now } } }',
          { to },
        );
      }
      if (customerId === undefined) return;
      for (const invoice of await readInvoices(client, customerId)) {
        if (invoice.status !== 'FINALIZED' || reported.has(invoice.id)) continue;
        reported.add(invoice.id);
        report.invoice(invoice);
      }
    },
    async send(events) {
      const at = await now();
      for (let from = 0; from < events.length; from += batchSize) {
        const batch = events.slice(from, from + batchSize);
        await recordUsage(client, batch);
        sent += batch.length;
        report.usage(at, from + batch.length, events.length);
      }
    },
  };
}

async function recordUsage(client: Client, events: readonly StoryEvent[]): Promise<void> {
  const { recordUsage } = await client.ask<{
    recordUsage: { accepted: number; rejected: readonly { reason: string }[] };
  }>(
    `mutation ($events: [UsageEventInput!]!) {
      recordUsage(events: $events) { accepted rejected { index reason } }
    }`,
    { events },
  );
  if (recordUsage.accepted !== events.length) {
    throw new Error(`usage was rejected: ${JSON.stringify(recordUsage.rejected)}`);
  }
}
