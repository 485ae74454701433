import type { EventLog, Position } from '#event-store';
import { openLedger, readSettings, runProcess, type ProcessContext, type Running } from '#platform';
import { openReadStore } from '#read-store';
import { Checkpoint } from './src/checkpoint.js';
import { DeadlineView } from './src/deadline-view.js';
import { Expiry } from './src/expiry.js';
import { SandboxDeadlines } from './src/sandbox-deadlines.js';
import { Transfers } from './src/transfers.js';

/** What happens by itself: licenses given arrive at the receiver's, terms end. */
async function start(context: ProcessContext): Promise<Running> {
  const { log } = context;
  const settings = readSettings();
  const opened = await openLedger(settings, context);
  const { eventLog, clock, sandboxClock, ledger, stopping, failed } = opened;
  const readStore = await openReadStore(settings, eventLog);

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
      await opened.close();
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
