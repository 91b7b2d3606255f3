import { isDeepStrictEqual } from 'node:util';
import { playAutoSales, storyStartsAt } from '../support/autosales.ts';
import { differences, expectedSum, sumOf } from '../support/autosales-invoices.ts';
import { expectedMetered, readMetered } from '../support/autosales-metering.ts';
import { type Client } from '../support/client.ts';
import { spawnPaygo, temporaryFolder } from '../support/paygo.ts';
import { untilSent } from '../support/stripe-world.ts';
import { count, overview, paint, printing, say } from './printing.ts';

const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      reject(new Error(`interrupted by ${signal}`));
    });
  }
  process.stdout.on('error', reject);
});
// Heard where it is raced against; until then it only has to be remembered.
interrupted.catch(() => undefined);

const folder = await temporaryFolder();
const stripe = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    /^STRIPE_(?:SECRET_KEY|API_BASE)$/.test(name) && value ? [[name, value]] : [],
  ),
);
const starting = spawnPaygo(folder.path, { PAYGO_TEST_CLOCK: storyStartsAt, ...stripe });
try {
  const { client, url } = await starting;
  say(`A paygo server on its own data folder answers at ${url}. Its clock is a test clock.`);
  say();
  await Promise.race([demo(client).then(() => collected(url)), interrupted]);
} catch (error) {
  say();
  say(paint('red', `The demo failed: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
} finally {
  await starting.then(
    (server) => server.stop(),
    () => undefined,
  );
  await folder.remove();
}

async function demo(client: Client): Promise<void> {
  const startedAt = performance.now();
  const { customerId, metrics, sent, invoices } = await playAutoSales(client, printing);
  const seconds = Math.ceil((performance.now() - startedAt) / 1000);
  say();
  overview(invoices, sumOf(invoices)).forEach((line) => {
    say(`    ${line}`);
  });
  say();
  const found = [...differences(invoices)];
  if (!isDeepStrictEqual(await readMetered(client, customerId, metrics), expectedMetered)) {
    found.push('the metered quantities are not those of the story');
  }
  if (found.length > 0) {
    found.forEach((difference) => {
      say(paint('red', difference));
    });
    throw new Error('the figures are not those of the story');
  }
  const figures = `${String(invoices.length)} invoices, ${expectedSum} USD in all`;
  say(paint('green', `As told: ${figures}, from ${count(sent)} events sent.`));
  say(`A year in ${String(seconds)} ${seconds === 1 ? 'second' : 'seconds'}.`);
}

/** With a key for Stripe in the environment: until the invoices are there, too. */
async function collected(url: string): Promise<void> {
  if (stripe['STRIPE_SECRET_KEY'] === undefined) return;
  say(paint('dim', '    The invoices are on their way to Stripe ...'));
  await untilSent(url, 15, 300_000);
  say('    Fifteen invoices stand at Stripe.');
}
