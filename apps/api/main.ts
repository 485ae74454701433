import { Feed } from '#event-store';
import { referencePrefixes } from '#licensing';
import { openLedger, readSecrets, readSettings, runProcess, type ProcessContext, type Running } from '#platform';
import { openReadStore } from '#read-store';
import { createApi } from './src/create-api.js';
import { makeFirstOperator } from './src/users/first-operator.js';

/** The HTTP API: commands into the log, answers from the read models. */
async function start(context: ProcessContext): Promise<Running> {
  const { log } = context;
  const settings = readSettings();
  const opened = await openLedger(settings, context);
  const { eventLog, clock, ledger, stopping, failed } = opened;
  const readStore = await openReadStore(settings, eventLog);
  const { signal } = stopping;
  ledger.follow({ after: await eventLog.end(), filter: { streamPrefixes: referencePrefixes }, signal }).catch(failed);
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
      await feed.close();
      await opened.close();
      await readStore.close();
    },
  };
}

runProcess('api', start);
