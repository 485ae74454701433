import { Command, CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import type { Connection } from './connect.js';
import type { ExportOptions } from './export-events.command.js';
import { Failure } from './failure.js';
import type { ImportOptions } from './import-purchases.command.js';
import type { ReplayOptions } from './replay.command.js';
import type { VerifyLicenseOptions } from './verify-license.command.js';

// Each command loads only what it needs, when it runs: help answers at once.

const environmentHelp = `
Which ledger:
  EVENTSTORE_URL   the event store, esdb://…
  DATA_DIR         without it: the data folder (./data). If the ledger runs there, its event store is used; if not, the
                   embedded store is started for as long as the command takes
  REDIS_URL        where the read models are; without it they are in the data folder

Ends with 0 when all went well, with 1 when not; what went wrong is said on stderr.`;

/** Runs one command and answers the exit code. */
export async function run(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const program = commandLine(signal);
  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    process.stderr.write(`ledger: ${explained(error)}\n`);
    return 1;
  }
}

function commandLine(signal: AbortSignal): Command {
  const program = new Command('ledger')
    .description(
      'Looks after a license ledger: checks it and its license files, replays it, rebuilds its views, brings purchases in and events out, backs it up.',
    )
    .version(version(), '-V, --version', 'prints the version')
    .helpOption('-h, --help', 'prints what a command does and takes')
    .helpCommand('help [command]', 'prints what a command does and takes')
    .showHelpAfterError('(ledger help shows what there is)')
    .addHelpText('after', environmentHelp)
    .exitOverride();

  program
    .command('verify')
    .description(
      'checks every fact of the log: the hash chain of each stream, and the rules that always hold. Finds what was changed, dropped, doubled or moved, and ends with 1 at the first difference',
    )
    .action(() => withConnection(async (connection) => (await import('./verify.command.js')).verify(connection, signal)));

  program
    .command('verify-license')
    .description(
      'checks a license file without asking anybody and says what it is for; ends with 1 when it is not genuine, was changed, or has ended',
    )
    .argument('<file>', 'the license file, as it was issued')
    .option('--keys <file|url>', "the public keys: what 'GET /v1/keys' answered. Without it, those in the data folder")
    .option('--at <time>', 'whether it counted, or will, at this time instead of now')
    .action(async (file: string, options: VerifyLicenseOptions) =>
      (await import('./verify-license.command.js')).verifyLicense(file, options),
    );

  program
    .command('replay')
    .description('shows what happened to the licenses of an account, with the balance after each fact')
    .requiredOption('--account <id>', 'the partner or customer')
    .option('--until <time|position>', 'stop there (included): a time like 2026-04-01T09:00:00Z, or a position of the log')
    .option('--json', 'one JSON object a line instead of a table')
    .action((options: ReplayOptions) =>
      withConnection(async (connection) => (await import('./replay.command.js')).replay(connection, options, signal)),
    );

  program
    .command('rebuild')
    .description('fills a read model anew from the log, beside the one that serves; nothing is interrupted')
    .argument('<name>', 'the read model, or all')
    .action((name: string) =>
      withConnection(async (connection) => (await import('./rebuild.command.js')).rebuild(connection, name, signal)),
    );

  program
    .command('import')
    .description('brings data in: purchases from a CSV file')
    .command('purchases')
    .description(
      'shows what the purchases in a CSV file would do to the pools; --apply does it. Orders that are there already are left alone',
    )
    .argument('<file.csv>', 'UTF-8, with the columns account,orderId,sku,quantity[,purchasedAt]; rows of one order are its lines')
    .option('--apply', 'record the new orders; nothing at all when anything in the file is wrong')
    .option('--all', 'show every order, not only the first fifty')
    .action((file: string, options: ImportOptions) =>
      withConnection(async (connection) =>
        (await import('./import-purchases.command.js')).importPurchases(connection, file, options, signal),
      ),
    );

  program
    .command('export')
    .description('brings data out: events')
    .command('events')
    .description('writes the facts of the log as CloudEvents, one JSON object a line, in the order of the log')
    .option('--after <position>', 'only what stands behind this position')
    .option('--types <names>', 'only facts of these types, separated by commas')
    .option('--account <id>', 'only facts of this partner or customer')
    .option('--out <file>', 'write to a file instead of the standard output')
    .action((options: ExportOptions) =>
      withConnection(async (connection) => (await import('./export-events.command.js')).exportEvents(connection, options, signal)),
    );

  program
    .command('backup')
    .description(
      'copies the ledger of DATA_DIR as it is at this moment into a folder, while it runs or not, and reads the copy back. For the embedded event store: an EventStoreDB of its own (EVENTSTORE_URL) is backed up with its own means',
    )
    .argument('<to>', 'a new or empty folder. It will hold the events, the generated secrets, and SHA256SUMS; read models need no backup')
    .action(async (to: string) => (await import('./backup.command.js')).backUp(to, signal));

  program
    .command('restore')
    .description(
      'puts a backup into DATA_DIR, which must be new or empty. Every byte of the backup is checked first; one that is damaged is refused, and nothing is restored',
    )
    .argument('<from>', "the folder that 'ledger backup' made")
    .action(async (from: string) => (await import('./restore.command.js')).restore(from, signal));

  return program;
}

async function withConnection(work: (connection: Connection) => Promise<void>): Promise<void> {
  const { connect } = await import('./connect.js');
  const connection = await connect();
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

/** What a person can act on, in words, which the operating system has of its own; anything else with its trace, because then it is our mistake. */
function explained(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof Failure ||
    'syscall' in error ||
    /^(LogUnavailable|ReadStoreUnavailable|FolderInUseError|FolderNotWritableError|DamagedLogError|NoNoteError|SettingsInvalid)$/.test(
      error.name,
    );
  return isExpected ? error.message : (error.stack ?? error.message);
}

/** The build stands in dist/apps/cli/src. */
function version(): string {
  return (JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}
