import { readFileSync } from 'node:fs';
import { startEventStore } from '#embedded-event-store';
import { readOptions } from './src/options.js';
import { supervise } from './src/supervise.js';

const wish = readOptions(process.argv.slice(2), process.env);
if (wish.do === 'print') {
  (wish.exit === 0 ? process.stdout : process.stderr).write(wish.text);
  process.exitCode = wish.exit;
} else {
  supervise('event store', async ({ fail }) => {
    const { data, tlsFiles, ...options } = wish.options;
    const tls = tlsFiles && { certificate: readFileSync(tlsFiles.certificate), key: readFileSync(tlsFiles.key) };
    if (options.credentials !== undefined && tls === undefined)
      process.stderr.write(
        'event store: credentials without a certificate: they travel unencrypted, and most clients will not send them\n',
      );
    const report = (line: string): void => void process.stdout.write(`event store: ${line}\n`);
    const onSyncFailure = (error: Error): void =>
      fail(`the disk did not confirm a write (${error.message}). Start again: the log is then read from the disk.`);
    const onDamagedIndex = (error: Error): void => fail(`${error.message}. Start again: it is then made anew from the log.`);
    const onDamagedLog = (error: Error): void => fail(error.message);
    const store = await startEventStore({ ...options, tls, dataDir: data, report, onSyncFailure, onDamagedIndex, onDamagedLog });
    process.stdout.write(`event store listening on ${store.host}:${store.port}, data in ${data}\n`);
    return { ready: { port: store.port }, stop: () => store.close() };
  });
}
