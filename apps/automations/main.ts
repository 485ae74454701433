import { connectEventLog, Ledger, Witness, type EventLog, type Position } from '#event-store';
import {
  eventStoreUrl,
  openSnapshots,
  readSettings,
  runProcess,
  SandboxClock,
  wallClock,
  type ProcessContext,
  type Running,
} from '#platform';
import { openReadStore } from '#read-store';
import { Checkpoint } from './src/checkpoint.js';
import { DeadlineView } from './src/deadline-view.js';
import { Expiry } from './src/expiry.js';
import { SandboxDeadlines } from './src/sandbox-deadlines.js';
import { Transfers } from './src/transfers.js';

/** What happens by itself: licenses given arrive at the receiver's, terms end. */
async function start({ log, signal }: ProcessContext): Promise<Running> {
  const settings = readSettings();
  const eventLog = connectEventLog(eventStoreUrl(settings));
  const readStore = await openReadStore(settings, eventLog);
  const stopping = new AbortController();
  signal.addEventListener('abort', () => stopping.abort());

  // What goes on in the background must not fail unnoticed: an error there ends the process, and the supervisor starts it again.
  const failed = (error: unknown): void => {
    if (!stopping.signal.aborted) queueMicrotask(() => Promise.reject(error));
  };
  const sandboxClock = settings.sandbox ? await SandboxClock.open(eventLog, stopping.signal, failed) : undefined;
  const clock = sandboxClock ?? wallClock;
  const snapshots = openSnapshots(settings, log);
  const now = () => clock.nowText();
  const report = (error: Error): void => log.warn({ reason: error.message }, 'what was recorded could not be witnessed yet');
  const witness = new Witness({ log: eventLog, now, report });
  const ledger = new Ledger({ log: eventLog, now, cacheBytesMax: settings.ledgerCacheBytes, snapshots, witness });

  const transfers = new Transfers(eventLog, ledger, await Checkpoint.open(eventLog, 'transfers'), clock, log);
  const expiry = new Expiry(new DeadlineView(readStore), ledger, log);
  const lastPoolFact = await positionOfLastPoolFact(eventLog);
  const working = [
    transfers.run(stopping.signal),
    sandboxClock === undefined
      ? expiry.run(clock, lastPoolFact, stopping.signal)
      : new SandboxDeadlines(sandboxClock, transfers, expiry, ledger).run(lastPoolFact, stopping.signal),
  ];
  for (const work of working) work.catch(failed);
  log.info('automations follow the log: transfers, expiry');

  return {
    healthPort: settings.healthPort,
    async stop() {
      stopping.abort();
      await Promise.allSettled(working);
      await snapshots.idle();
      await witness.close();
      await eventLog.close();
      await readStore.close();
    },
  };
}

/** What was recorded before this process began must be in the read model before it is believed to tell all that is due. */
async function positionOfLastPoolFact(eventLog: EventLog): Promise<Position | undefined> {
  for await (const { position } of eventLog.readAll({ direction: 'backwards', limit: 1, filter: { streamPrefixes: ['pool-'] } }))
    return position;
  return undefined;
}

runProcess('automations', start);
