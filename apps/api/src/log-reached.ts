import { setTimeout as pause } from 'node:timers/promises';
import type { EventLog } from '#event-store';
import { ReadModelBehind } from '#read-store';

const waitMaxMilliseconds = 5_000;
const lookAgainMilliseconds = 50;

/**
 * Waits until the log reaches the position, so that what is loaded anew afterwards knows everything up to there. Answers false when nothing was
 * asked for. Errors: ReadModelBehind after 5 seconds, LogUnavailable.
 */
export async function logReached(log: EventLog, atLeast: string | undefined): Promise<boolean> {
  if (atLeast === undefined) return false;
  const position = BigInt(atLeast);
  const startedAt = performance.now();
  for (;;) {
    const end = await log.end();
    if (end !== undefined && end >= position) return true;
    if (performance.now() - startedAt > waitMaxMilliseconds) throw new ReadModelBehind('log', position, end);
    await pause(lookAgainMilliseconds);
  }
}
