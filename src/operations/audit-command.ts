import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { type EventLog } from '../application/ports.ts';
import { replayInvoice } from '../audit/replay.ts';
import { loadConfig, startFault, type Config } from '../config.ts';
import { openSqliteLog } from '../event-log/sqlite.ts';
import { type Call } from './command.ts';
import { grouped } from './progress.ts';
import { verifyInvoices, type Mismatch } from './verify.ts';
import { verifyProof } from './verify-proof.ts';

const description = `Asks the event log itself, through none of the read models.

It reads the log that the environment names as for the server: PAYGO_DATA_DIR, whose server must be
stopped, or EVENTSTORE_URL.`;

type Output = { readonly json?: true };

const invoices = (count: number): string => `${grouped(count)} invoice${count === 1 ? '' : 's'}`;

/** Runs `npm run paygo`; its exit code: 0 it is so, 1 it is not, 2 it was called wrongly. */
export async function auditCommand(call: Call): Promise<number> {
  let code = 0;
  const program = new Command('paygo').description(description).exitOverride();
  program.configureOutput({
    writeOut: (text) => call.say(text.trimEnd()),
    writeErr: (text) => call.complain(text.trimEnd()),
  });
  program
    .command('verify')
    .description('replays every finalized invoice; exit code 1 when one is not what the log says')
    .option('--json', 'one JSON object instead of text')
    .action(async (output: Output) => {
      code = await onLog(call, (log) => verify(call, log, output));
    });
  program
    .command('replay <invoice>')
    .description('computes one finalized invoice again; exit code 1 when it differs')
    .option('--json', 'one JSON object instead of text')
    .action(async (invoice: string, output: Output) => {
      code = await onLog(call, (log) => replay(call, log, invoice, output));
    });
  program
    .command('verify-proof <file>')
    .description('checks a proof of usage that was saved to a file, without a log')
    .action((file: string) => {
      code = verifyProofIn(call, file);
    });
  try {
    await program.parseAsync([...call.args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

async function onLog(call: Call, work: (log: EventLog) => Promise<number>): Promise<number> {
  let config: Config | undefined;
  try {
    config = call.env === undefined ? loadConfig() : loadConfig(call.env);
    const log = await openLog(config);
    return await work(log).finally(() => log.close());
  } catch (error) {
    call.complain(`paygo: ${startFault(error, config)}`);
    return 1;
  }
}

async function openLog({ eventStoreUrl, streamPrefix, dataFolder }: Config): Promise<EventLog> {
  if (eventStoreUrl === null) return openSqliteLog({ folder: dataFolder });
  // Only where it is used: its client takes long to load.
  const { openEventStoreLog } = await import('../event-log/eventstoredb.ts');
  return openEventStoreLog({ url: eventStoreUrl, prefix: streamPrefix });
}

async function verify(call: Call, log: EventLog, { json }: Output): Promise<number> {
  const tell = (mismatch: Mismatch | null): void => {
    if (mismatch !== null && json !== true) call.say(linesOf(mismatch));
  };
  const verified = await verifyInvoices(log, tell, call.signal);
  const wrong = verified.mismatches.length;
  if (json === true) call.say(JSON.stringify(verified));
  else call.say(`${invoices(verified.invoices)} replayed, ${grouped(wrong)} differ`);
  return wrong === 0 ? 0 : 1;
}

const linesOf = ({ invoiceId, differences, failure }: Mismatch): string =>
  [...(failure === null ? [] : [`cannot be computed: ${failure}`]), ...differences]
    .map((line) => `${invoiceId}: ${line}`)
    .join('\n');

async function replay(
  call: Call,
  log: EventLog,
  invoiceId: string,
  { json }: Output,
): Promise<number> {
  const found = await replayInvoice(log, invoiceId);
  if (found === null) {
    call.complain(`paygo: no invoice ${invoiceId} was finalized`);
    return 1;
  }
  const { stored, replayed, differences, eventsReplayed } = found;
  const { currency, total } = stored.event;
  const matches = differences.length === 0;
  if (json === true) call.say(JSON.stringify({ invoiceId, matches, differences, eventsReplayed }));
  else {
    call.say(`${invoiceId}: stored ${total} ${currency}, replayed ${replayed.total} ${currency}`);
    for (const difference of differences) call.say(difference);
    call.say(`${matches ? 'it matches' : 'it differs'}; ${grouped(eventsReplayed)} events read`);
  }
  return matches ? 0 : 1;
}

function verifyProofIn(call: Call, file: string): number {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    call.complain(`paygo: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const { said, faults } = verifyProof(text);
  for (const line of said) call.say(line);
  for (const fault of faults) call.complain(`paygo: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}
