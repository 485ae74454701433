import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '#platform';
import type { Checkpoint } from './checkpoint.js';
import type { Progress } from './progress.js';

const noteEveryMilliseconds = 1_000;

/** Notes how far an automation has come, about once a second until the signal, and once more when what was under way is `finished`. */
export async function keepNoting(
  automation: string,
  progress: Progress,
  checkpoint: Checkpoint,
  { signal, finished, log }: { readonly signal: AbortSignal; readonly finished: () => Promise<unknown>; readonly log: Log },
): Promise<void> {
  const note = async (): Promise<void> => {
    const { position } = progress;
    if (position === undefined) return;
    await checkpoint
      .store(position)
      .catch((error: Error) =>
        log.warn({ reason: error.message }, `${automation}: the place in the log could not be noted, which costs a repetition only`),
      );
  };
  while (!signal.aborted) {
    await delay(noteEveryMilliseconds, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await note();
  }
  await finished();
  await note();
}
