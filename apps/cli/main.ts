import { run } from './src/command-line.js';

/** Asked to stop, a command stops at a place where nothing is half done; asked again, at once. */
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  });
}
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `ledger export events | head` has read enough.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`ledger: the output cannot be written: ${error.message}\n`, () => process.exit(1));
});

process.exitCode = await run(process.argv, stopping.signal);
