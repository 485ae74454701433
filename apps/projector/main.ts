import { connectEventLog } from '#event-store';
import { eventStoreUrl, readSettings, runProcess, type ProcessContext, type Running } from '#platform';
import { projections } from '#projections';
import { openReadStore, Pump } from '#read-store';
import { reportLag } from './src/lag.js';

/** Keeps the read models up to the log. As many of these may run as one likes: what one has stored, another does not store again. */
async function start({ log, signal }: ProcessContext): Promise<Running> {
  const settings = readSettings();
  const eventLog = connectEventLog(eventStoreUrl(settings));
  const readStore = await openReadStore(settings);
  const stopping = new AbortController();
  signal.addEventListener('abort', () => stopping.abort());

  // Embedded read models lie in the data folder and are nobody else's: if the log beside them is another one, they follow it.
  // A Redis may be shared by mistake, and then emptying it would hurt somebody else.
  const otherLog = settings.redisUrl ? 'refuse' : 'replace';
  const pump = new Pump({ source: eventLog, store: readStore, projections, logger: log, otherLog });
  const pumping = pump.run(stopping.signal);
  // While Redis or the event store cannot be reached the process is at work, waiting for them; only what cannot pass ends the start.
  await Promise.race([pumping, pump.started, waitingIsWork()]);
  pumping.catch((error: unknown) => queueMicrotask(() => Promise.reject(error as Error)));
  const reporting = reportLag(() => pump.status(), eventLog, log, stopping.signal);
  log.info({ readModels: projections.map(({ name }) => name), in: settings.redisUrl ? 'Redis' : 'LMDB' }, 'the projector follows the log');

  return {
    healthPort: settings.healthPort,
    async stop() {
      stopping.abort();
      await Promise.allSettled([pumping, reporting]);
      await eventLog.close();
      await readStore.close();
    },
  };
}

const waitingIsWork = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5_000).unref());

runProcess('projector', start);
