import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { playAutoSales, storyStartsAt } from '../support/autosales.ts';
import {
  differences,
  expectedSummary,
  readInvoices,
  summary,
} from '../support/autosales-invoices.ts';
import { expectedMetered, readMetered } from '../support/autosales-metering.ts';
import { startEventStoreDouble } from '../support/eventstore-double.ts';
import { removeStreams } from '../support/eventstore-server.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { expectReplaysAt } from '../support/replays.ts';
import { createPgliteStores } from '../support/pglite-stores.ts';
import { type Connect } from '../../src/read-side.ts';

/** The story on a log in an event store, and what read models that are built anew make of it. */
async function expectStory(
  env: Readonly<Record<string, string>>,
  connect: () => Connect | undefined,
): Promise<void> {
  const first = await started(env, connect());
  const story = await playAutoSales(first.client);
  expect(summary(story.invoices)).toEqual(expectedSummary);
  expect(differences(story.invoices)).toEqual([]);
  await first.stop();

  const anew = await started(env, connect());
  expect(await readInvoices(anew.client, story.customerId)).toEqual(story.invoices);
  expect(await readMetered(anew.client, story.customerId, story.metrics)).toEqual(expectedMetered);
  await anew.stop();
  await expectReplaysAt(env['EVENTSTORE_URL'] ?? '', env['PAYGO_STREAM_PREFIX']);
}

async function started(env: Readonly<Record<string, string>>, connect?: Connect): Promise<Running> {
  const folder = await temporaryFolder();
  onTestFinished(folder.remove);
  const running = await startHere(
    folder.path,
    { PAYGO_TEST_CLOCK: storyStartsAt, ...env },
    connect,
  );
  onTestFinished(() => running.stop());
  return running;
}

async function doubleUrl(): Promise<string> {
  const double = await startEventStoreDouble();
  onTestFinished(() => {
    double.stop();
  });
  return double.url;
}

describe('the year of AutoSales with its log in EventStoreDB (a double)', () => {
  it('ends in the same invoices with read models in SQLite', async () => {
    await expectStory({ EVENTSTORE_URL: await doubleUrl() }, () => undefined);
  }, 120_000);

  it('ends in the same invoices with read models in PGlite', async () => {
    const env = { EVENTSTORE_URL: await doubleUrl(), DATABASE_URL: 'postgresql://pglite/paygo' };
    await expectStory(env, () => {
      const stores = createPgliteStores();
      onTestFinished(() => stores.close());
      return stores.connect;
    });
  }, 120_000);
});

const server = process.env['EVENTSTORE_URL'] ?? '';

if (server === '') {
  console.log('Skipped on an EventStoreDB server: EVENTSTORE_URL is not set.');
} else {
  describe('the year of AutoSales on the server at EVENTSTORE_URL', () => {
    it('ends in the same invoices', async () => {
      const prefix = `test-${randomUUID().slice(0, 8)}-`;
      // The last to be told runs first, so that the server is closed by then.
      onTestFinished(() => removeStreams(server, prefix));
      await expectStory({ EVENTSTORE_URL: server, PAYGO_STREAM_PREFIX: prefix }, () => undefined);
    }, 300_000);
  });
}
