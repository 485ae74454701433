import type { Feed } from '#event-store';
import { ReadModelBehind } from '#read-store';

const waitMaxMilliseconds = 5_000;

/**
 * What is answered from the facts themselves waits here until this process has seen the log up to the position: another process may have recorded
 * what the caller knows of. Errors: ReadModelBehind after 5 seconds.
 */
export async function logReached(feed: Feed, atLeast: string | undefined): Promise<void> {
  const position = atLeast === undefined ? -1n : BigInt(atLeast);
  if (position <= (feed.position ?? -1n)) return;
  let leave = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      leave = feed.subscribe((event) => event.position >= position && resolve());
      timer = setTimeout(() => reject(new ReadModelBehind('log', position, feed.position)), waitMaxMilliseconds);
    });
  } finally {
    clearTimeout(timer);
    leave();
  }
}
