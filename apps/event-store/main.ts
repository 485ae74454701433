import { parseArgs } from 'node:util';
import { startEventStore } from '#embedded-event-store';
import { supervise } from './src/supervise.js';

const USAGE = `Usage: node dist/apps/event-store/main.js --data DIR [--port N]

An event store in one process and one folder, for any EventStoreDB client: esdb://127.0.0.1:PORT?tls=false
It listens on this machine only, and keeps what it acknowledged through kill -9 and loss of power.

  --data DIR   where the log and its index are kept; made when it is missing
  --port N     the port to listen on (2113); 0 picks a free one
  --help       print this

The line "event store listening on 127.0.0.1:PORT, data in DIR" says that it takes calls. SIGINT or SIGTERM stops it: what was
accepted is answered first. One process works on a folder at a time. Exit codes: 0 stopped, 1 failed, 2 wrong arguments.
`;

/** The command line, or why it cannot be used. */
function readArguments(): { data: string; port: number } | { exit: number; text: string } {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string' }, port: { type: 'string', default: '2113' }, help: { type: 'boolean', default: false } },
    });
    if (values.help) return { exit: 0, text: USAGE };
    if (values.data === undefined || values.data === '') return { exit: 2, text: `--data is missing.\n\n${USAGE}` };
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535)
      return { exit: 2, text: `--port ${values.port} is no port: it takes 0 to 65535.\n` };
    return { data: values.data, port: Number(values.port) };
  } catch (error) {
    return { exit: 2, text: `${(error as Error).message}\n\n${USAGE}` };
  }
}

const given = readArguments();
if ('exit' in given) {
  (given.exit === 0 ? process.stdout : process.stderr).write(given.text);
  process.exitCode = given.exit;
} else {
  supervise('event store', async ({ fail }) => {
    const { data, port } = given;
    const report = (line: string): void => void process.stdout.write(`event store: ${line}\n`);
    const onSyncFailure = (error: Error): void =>
      fail(`the disk did not confirm a write (${error.message}). Start again: the log is then read from the disk.`);
    const onDamagedIndex = (error: Error): void => fail(`${error.message}. Start again: it is then made anew from the log.`);
    const store = await startEventStore({ dataDir: data, port, report, onSyncFailure, onDamagedIndex });
    process.stdout.write(`event store listening on ${store.host}:${store.port}, data in ${data}\n`);
    return { ready: { port: store.port }, stop: () => store.close() };
  });
}
