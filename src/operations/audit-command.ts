import { Command, CommanderError } from 'commander';
import { type EventLog } from '../application/ports.ts';
import { replayInvoice } from '../audit/replay.ts';
import { loadConfig, startFault, type Config } from '../config.ts';
import { openSqliteLog } from '../event-log/sqlite.ts';
import { type Call } from './command.ts';
import { grouped } from './progress.ts';
import { verifyLog } from './verify-log.ts';

const description = `Asks the event log itself, through none of the read models.

It reads the log that the environment names as for the server: PAYGO_DATA_DIR, whose server must be
stopped, or EVENTSTORE_URL.`;

type Output = { readonly json?: true };

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
      code = await onLog(call, async (log) =>
        (await verifyLog(call, log, { json: output.json === true })) ? 0 : 1,
      );
    });
  program
    .command('replay <invoice>')
    .description('computes one finalized invoice again; exit code 1 when it differs')
    .option('--json', 'one JSON object instead of text')
    .action(async (invoice: string, output: Output) => {
      code = await onLog(call, (log) => replay(call, log, invoice, output));
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
