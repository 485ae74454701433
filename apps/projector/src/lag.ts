import { setTimeout as pause } from 'node:timers/promises';
import type { EventLog } from '#event-store';
import type { Log } from '#platform';
import type { PumpStatus } from '#read-store';

const reportEveryMs = 30_000;

/**
 * Says how far each read model is behind the log, in the log's own units of position, whenever something has changed since the last time.
 * What stands in the store is what health answers from; this is for those who read the process's lines.
 */
export async function reportLag(status: () => readonly PumpStatus[], eventLog: EventLog, log: Log, signal: AbortSignal): Promise<void> {
  let said = '';
  while (!signal.aborted) {
    await pause(reportEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
    const end = signal.aborted ? undefined : await eventLog.end().catch(() => undefined);
    if (end === undefined) continue;
    const readModels = Object.fromEntries(status().map((one) => [one.projection, lagOf(one, end)]));
    const current = JSON.stringify(readModels);
    if (current !== said) log.info({ end: end.toString(), readModels }, 'where the read models are');
    said = current;
  }
}

export interface Lag {
  readonly version: number;
  readonly serving: boolean;
  readonly events: number;
  readonly behindBy: number;
  readonly stoppedAt?: string;
}

function lagOf({ version, serving, events, position, stopped }: PumpStatus, end: bigint): Lag {
  const behindBy = Math.max(0, Number(end - (position ?? 0n)));
  return { version, serving, events, behindBy, ...(stopped ? { stoppedAt: stopped.position } : {}) };
}
