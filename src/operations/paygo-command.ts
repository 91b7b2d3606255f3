import { readFileSync } from 'node:fs';
import { Argument, Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Call } from './command.ts';

/** Programs that end by themselves, and say themselves how. */
export type Programs = Readonly<Record<'serve' | 'demo', () => Promise<unknown>>>;

const description = 'Pay-as-you-go billing from an event log.';

const afterHelp = `
The environment says where the log is, as for the server: PAYGO_DATA_DIR (./data), whose server
must be stopped, or EVENTSTORE_URL. Verify, replay, history and export read the log alone.

Exit code: 0 it is so, 1 it is not or cannot be found out, 2 the call was wrong. Text has no
colours, whatever NO_COLOR says, but for the demo's. Progress is shown on a terminal only.

Examples:
  paygo verify                        are all invoices what the log says?
  paygo history cus_... --type InvoiceFinalized
  paygo COMMAND --help                what else a command takes`;

/**
 * Runs one of paygo's commands: its exit code; null: a program was started that ends by itself.
 * What a command needs is loaded when it is called.
 */
export async function paygoCommand(call: Call, programs: Programs): Promise<number | null> {
  let code: number | null = 0;
  const program = new Command('paygo')
    .description(description)
    .version(version(), '--version')
    .helpOption('-h, --help', 'what a command does and takes')
    .addHelpText('after', afterHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => call.say(text.trimEnd()),
      writeErr: (text) => call.complain(text.trimEnd()),
    });
  const does =
    <Args extends readonly unknown[]>(work: (...args: Args) => Promise<number | null>) =>
    async (...args: Args): Promise<void> => {
      code = await work(...args);
    };
  addPrograms(program, programs, does);
  addAudit(program, call, does);
  addExports(program, call, does);
  addUpkeep(program, call, does);
  try {
    await program.parseAsync([...call.args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

type Does = <Args extends readonly unknown[]>(
  work: (...args: Args) => Promise<number | null>,
) => (...args: Args) => Promise<void>;

const json = ['--json', 'one JSON object instead of text'] as const;

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  paygo ${line}`).join('\n')}`;

function addPrograms(program: Command, programs: Programs, does: Does): void {
  const started = (start: () => Promise<unknown>) =>
    does(async () => {
      await start();
      return null;
    });
  program
    .command('serve')
    .description('runs the server, as npm start does, until SIGTERM or SIGINT')
    .addHelpText('after', examples('serve', 'serve    # with PORT=8080 set: on that port'))
    .action(started(programs.serve));
  program
    .command('demo')
    .description("plays a company's year of billing through a server of its own")
    .addHelpText('after', examples('demo'))
    .action(started(programs.demo));
}

function addAudit(program: Command, call: Call, does: Does): void {
  type Output = { readonly json?: true };
  program
    .command('verify')
    .description('replays every finalized invoice; exit code 1 when one is not what the log says')
    .option(...json)
    .addHelpText('after', examples('verify', 'verify --json'))
    .action(
      does(async (output: Output) => {
        const { verifyCommand } = await import('./audit-command.ts');
        return verifyCommand(call, output);
      }),
    );
  program
    .command('replay')
    .argument('<invoice>', 'id of an invoice')
    .description('computes one finalized invoice again; exit code 1 when it differs')
    .option('--as-of <moment>', 'tells it as it was at that position or instant, drafts, too')
    .option(...json)
    .addHelpText('after', examples('replay inv_...', 'replay inv_... --as-of 2024-03-03T00:00:00Z'))
    .action(
      does(async (invoice: string, { asOf, ...output }: Output & { readonly asOf?: string }) => {
        if (asOf !== undefined) {
          const { pastCommand } = await import('./past-command.ts');
          return pastCommand(call, invoice, { ...output, asOf });
        }
        const { replayCommand } = await import('./audit-command.ts');
        return replayCommand(call, invoice, output);
      }),
    );
  program
    .command('verify-proof')
    .argument('<file>', 'the answer of usageProof, as it was saved')
    .description('checks a proof of usage, without a log; exit code 1 when it does not hold')
    .addHelpText('after', examples('verify-proof proof.json'))
    .action(
      does(async (file: string) => {
        const { verifyProofCommand } = await import('./verify-proof-command.ts');
        return verifyProofCommand(call, file);
      }),
    );
}

function addExports(program: Command, call: Call, does: Does): void {
  program
    .command('history')
    .argument('<customer>', 'id of a customer')
    .description('tells everything that was recorded about a customer, oldest first')
    .option('--type <names>', 'only events of these types, with commas between them', names)
    .option('--from <position>', 'from that position of the log on', position)
    .option('--to <position>', 'through that position', position)
    .option('--json', 'one event a line, whole, instead of a table')
    .addHelpText('after', examples('history cus_...', 'history cus_... --type PeriodClosed --json'))
    .action(
      does(async (customer: string, wish: object) => {
        const { historyCommand } = await import('./history-command.ts');
        return historyCommand(call, customer, wish);
      }),
    );
  const what = new Argument('<what>', 'what to write').choices(['events', 'invoices']);
  program
    .command('export')
    .addArgument(what)
    .description('writes events or invoices as NDJSON or CSV, exact decimals as text')
    .option('--csv', 'a table (RFC 4180): a record for each event, or line of an invoice')
    .option('--json', 'one JSON object a line; so it is without --csv, too')
    .option('--customer <id>', 'only those of that customer')
    .option('--type <names>', 'only events of these types, with commas between them', names)
    .option('--from <position>', 'from that position of the log on', position)
    .option('--to <position>', 'through that position', position)
    .addHelpText(
      'after',
      examples(
        'export events --type UsageRecorded > usage.ndjson',
        'export invoices --csv > a.csv',
      ),
    )
    .action(
      does(async (asked: 'events' | 'invoices', wish: object) => {
        const { exportCommand } = await import('./export-command.ts');
        return exportCommand(call, asked, wish);
      }),
    );
}

function addUpkeep(program: Command, call: Call, does: Does): void {
  program
    .command('rebuild')
    .description('builds the read models of PAYGO_DATA_DIR anew, then takes the old ones away')
    .option(...json)
    .addHelpText('after', examples('rebuild'))
    .action(
      does(async (output: { readonly json?: true }) => {
        const { rebuildCommand } = await import('./rebuild-command.ts');
        return rebuildCommand(call, output);
      }),
    );
  program
    .command('copy-log')
    .description('copies the embedded log into EventStoreDB, and verifies the copy')
    .option('--verify-only', 'copies nothing')
    .addHelpText('after', copyLogHelp)
    .action(
      does(async (wish: { readonly verifyOnly?: true }) => {
        const { copyLogCommand } = await import('./copy-log-command.ts');
        return copyLogCommand(call, wish);
      }),
    );
}

const copyLogHelp = `
  PAYGO_DATA_DIR       the folder with the log to copy; no server may be using it (./data)
  EVENTSTORE_URL       where to copy it to, as esdb://host:2113?tls=false
  PAYGO_STREAM_PREFIX  what the names of its streams begin with there (paygo-)
  PAYGO_GRACE_HOURS    as the server has it, for the drafts that are compared (24)
  TMPDIR               where the read models of both logs are built to compare their answers

It may be ended at any moment; called again, it goes on where the target ends. A target that holds
anything else than a beginning of the log is refused. Verified is first each event, then what
customers may ask: the catalog, customers, contracts, invoices and metered usage.
${examples('copy-log', 'copy-log --verify-only')}`;

const names = (text: string): readonly string[] => text.split(',').map((name) => name.trim());

function position(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new InvalidArgumentError('It is no position of a log.');
  return BigInt(text);
}
