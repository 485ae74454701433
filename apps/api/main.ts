import { connectEventLog, Feed, Ledger, Witness } from '#event-store';
import {
  eventStoreUrl,
  openSnapshots,
  readSecrets,
  readSettings,
  runProcess,
  SandboxClock,
  wallClock,
  type ProcessContext,
  type Running,
} from '#platform';
import { referencePrefixes } from '#licensing';
import { openReadStore } from '#read-store';
import { createApi } from './src/create-api.js';
import { makeFirstOperator } from './src/users/first-operator.js';

/** The HTTP API: commands into the log, answers from the read models. */
async function start({ log, signal }: ProcessContext): Promise<Running> {
  const settings = readSettings();
  const eventLog = connectEventLog(eventStoreUrl(settings));
  const readStore = await openReadStore(settings, eventLog);
  const stopping = new AbortController();
  signal.addEventListener('abort', () => stopping.abort());

  // An error in the background ends the process; the supervisor starts it again.
  const failed = (error: unknown): void => {
    if (!stopping.signal.aborted) queueMicrotask(() => Promise.reject(error));
  };
  const clock = settings.sandbox ? await SandboxClock.open(eventLog, stopping.signal, failed) : wallClock;
  const snapshots = openSnapshots(settings, log);
  const now = () => clock.nowText();
  const report = (error: Error): void => log.warn({ reason: error.message }, 'what was recorded could not be witnessed yet');
  const witness = new Witness({ log: eventLog, now, report });
  const ledger = new Ledger({ log: eventLog, now, cacheBytesMax: settings.ledgerCacheBytes, snapshots, witness });
  const { signal: stopped } = stopping;
  ledger.follow({ after: await eventLog.end(), filter: { streamPrefixes: referencePrefixes }, signal: stopped }).catch(failed);
  const feed = new Feed(eventLog);

  const parts = { settings, secrets: readSecrets(settings), clock, log, eventLog, ledger, feed, readStore };
  // A supervisor shows the password with everything else a person needs; without one it is said here.
  const supervised = process.send !== undefined;
  let operatorPassword: string | undefined;
  await makeFirstOperator(parts, (password) => {
    if (supervised) operatorPassword = password;
    else
      process.stdout.write(`First operator: login ${settings.operatorLogin}, password ${password} (shown only this once: note it down)\n`);
  });
  const app = await createApi(parts);
  await app.listen(settings.port, settings.host);
  const { port } = app.getHttpServer().address() as { port: number };
  log.info({ port }, 'the API listens');

  return {
    ready: { port, ...(operatorPassword !== undefined && { operatorPassword }) },
    async stop() {
      await app.close();
      await ledger.idle();
      await snapshots.idle();
      await witness.close();
      stopping.abort();
      await feed.close();
      await eventLog.close();
      await readStore.close();
    },
  };
}

runProcess('api', start);
