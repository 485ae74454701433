import { readSettings, runProcess, type ProcessContext, type Running } from '#platform';
import { AddressFile } from './src/address-file.js';
import { banner, readableLine } from './src/console.js';
import { claimDataFolder } from './src/data-folder.js';
import { readOptions, version } from './src/options.js';
import { checkPort } from './src/ports.js';
import { startTree, type Tree } from './src/tree.js';

/** Everything in one process tree: what `npm start` runs. */
async function start({ signal }: ProcessContext): Promise<Running> {
  const options = readOptions(process.argv.slice(2));
  if (options.do === 'print') {
    process.stdout.write(options.text);
    process.exit(0);
  }
  const environment: NodeJS.ProcessEnv = { ...process.env, ...(options.sandbox ? { SANDBOX: 'true' } : {}) };
  if (environment['SANDBOX'] === 'true') environment['DATA_DIR'] ||= './data/sandbox';
  const settings = readSettings(environment);

  const folder = await claimDataFolder(settings.dataDir, settings.sandbox);
  const address = new AddressFile(settings.dataDir);
  const say = (text: string) => process.stdout.write(`${readableLine('ledger', text)}\n`);
  let tree: Tree;
  let operatorPassword: string | undefined;
  try {
    await checkPort('PORT', settings.port, settings.host, 'set PORT to another one (0 takes any free one)');
    if (settings.eventStoreUrl === undefined)
      await checkPort('EVENTSTORE_PORT', settings.eventStorePort, '127.0.0.1', 'set EVENTSTORE_PORT to another one (0 takes any free one)');
    const reports = {
      say,
      line: (program: string, text: string, stream: 'stdout' | 'stderr') => process[stream].write(`${readableLine(program, text)}\n`),
      running: folder.noteChildren,
      apiReady: (words: Readonly<Record<string, unknown>>) => {
        if (typeof words['operatorPassword'] === 'string') operatorPassword = words['operatorPassword'];
      },
    };
    tree = await startTree(settings, environment, reports, signal);
  } catch (error) {
    // It was made, and is told only once.
    if (operatorPassword !== undefined)
      say(`the first operator: login ${settings.operatorLogin}, password ${operatorPassword} (note it down)`);
    folder.release();
    throw error;
  }

  const stop = async (): Promise<void> => {
    say('stopping: what is in flight is answered first');
    address.remove();
    await tree.stop();
    folder.release();
    say('stopped');
  };
  tree.ended.catch(async (error: Error) => {
    await stop();
    process.stderr.write(`ledger: ${error.message}. It keeps failing, so everything was stopped\n`);
    process.exit(1);
  });
  const { apiUrl, eventStoreUrl } = tree;
  address.write({ pid: process.pid, apiUrl, eventStoreUrl });
  process.stdout.write(
    banner(version(), {
      ...settings,
      apiUrl,
      eventStoreUrl,
      embeddedEventStore: settings.eventStoreUrl === undefined,
      redis: settings.redisUrl !== undefined,
      operatorPasswordSet: settings.operatorPassword !== undefined,
      operatorPassword,
    }),
  );
  return { stop };
}

/** Three rounds of children stop one after the other, each with a limit of its own. */
const stopTimeoutMilliseconds = 100_000;

runProcess('ledger', start, stopTimeoutMilliseconds);
