import { connectEventLog, Ledger, Witness, type EventLog } from '#event-store';
import { wallClock, type AlarmClock } from './clock.js';
import { eventStoreUrl } from './event-store-url.js';
import type { ProcessContext } from './run-process.js';
import { SandboxClock } from './sandbox-clock.js';
import type { Settings } from './settings.js';
import { openSnapshots } from './snapshots.js';

/** What a process has that records facts. */
export interface OpenedLedger {
  readonly eventLog: EventLog;
  readonly clock: AlarmClock;
  /** The same clock, if it is the sandbox's. */
  readonly sandboxClock: SandboxClock | undefined;
  readonly ledger: Ledger;
  /** Ends what goes on in the background; given by the process's own signal, too. */
  readonly stopping: AbortController;
  /** Takes errors from the background: they must not pass unnoticed, so they end the process, and whoever supervises it starts it again. */
  readonly failed: (error: unknown) => void;
  /** Waits for commands under way, and says and keeps what is left to be. The background ends. */
  close(): Promise<void>;
}

/** Connects a process to the log and gives it the one write path. */
export async function openLedger(settings: Settings, { log, signal }: ProcessContext): Promise<OpenedLedger> {
  const eventLog = connectEventLog(eventStoreUrl(settings));
  const stopping = new AbortController();
  signal.addEventListener('abort', () => stopping.abort());
  const failed = (error: unknown): void => {
    if (!stopping.signal.aborted) queueMicrotask(() => Promise.reject(error));
  };
  const sandboxClock = settings.sandbox ? await SandboxClock.open(eventLog, stopping.signal, failed) : undefined;
  const clock = sandboxClock ?? wallClock;
  const now = () => clock.nowText();
  const snapshots = openSnapshots(settings, log);
  const report = (error: Error): void => log.warn({ reason: error.message }, 'what was recorded could not be witnessed yet');
  const witness = new Witness({ log: eventLog, now, report });
  const ledger = new Ledger({ log: eventLog, now, cacheBytesMax: settings.ledgerCacheBytes, snapshots, witness });
  return {
    eventLog,
    clock,
    sandboxClock,
    ledger,
    stopping,
    failed,
    async close() {
      await ledger.idle();
      await snapshots.idle();
      await witness.close();
      stopping.abort();
      await eventLog.close();
    },
  };
}
