import { projections } from '#projections';
import { openReadStore, PoisonedEvent, Pump, ReadModelsOfAnotherLog, type ReadStore } from '#read-store';
import type { Connection } from './connect.js';
import { count, counted, print, progress } from './console.js';
import { Failure } from './failure.js';

/** How often the bar looks how far the work has come. */
const lookEveryMilliseconds = 200;

/**
 * Fills a read model from the log beside the one that serves, and lets queries change over when it has caught up. Running processes go on with the
 * new one by themselves. `all` does one after the other.
 */
export async function rebuild(connection: Connection, wanted: string, signal: AbortSignal): Promise<void> {
  const names = projections.map(({ name }) => name);
  if (wanted !== 'all' && !names.includes(wanted))
    throw new Failure(`There is no read model named ${wanted}. There are: ${names.join(', ')}, or all.`);
  const store = await openReadStore({ redisUrl: connection.redisUrl, dataDir: connection.dataDir });
  try {
    for (const name of wanted === 'all' ? names : [wanted]) await rebuildOne(connection, store, name, signal);
  } finally {
    await store.close();
  }
}

async function rebuildOne({ log, isShared }: Connection, store: ReadStore, name: string, signal: AbortSignal): Promise<void> {
  const end = await log.end();
  const logger = { info: () => undefined, warn: say, error: say };
  // Read models of another log are left alone: a wrong DATA_DIR or EVENTSTORE_URL must not cost somebody else's.
  // With nobody else at work there is no query that had begun on the old version.
  const dropping = isShared ? {} : { dropAfterMs: 0 };
  const pump = new Pump({ source: log, store, projections, logger, otherLog: 'refuse', ...dropping });
  const bar = progress(`Rebuilding ${name}`, Number(end ?? 0n));
  const look = setInterval(() => bar.update(Number(pump.status()[0]?.position ?? 0n)), lookEveryMilliseconds);
  const begun = performance.now();
  try {
    const { events, position } = await pump.rebuild(name, signal);
    bar.stop();
    const seconds = (performance.now() - begun) / 1_000;
    const place = position === undefined ? 'an empty log' : `position ${position}`;
    await print(
      `${name} was rebuilt from ${counted(events, 'event')} up to ${place} in ${count(Math.round(seconds * 10) / 10)} s, and queries are answered from it.`,
    );
  } catch (error) {
    // The pump's own refusals say in words what happened; a TypeError and its like are ours and keep their trace.
    const isWorded = error instanceof PoisonedEvent || error instanceof ReadModelsOfAnotherLog || (error as Error).name === 'Error';
    if (isWorded) throw new Failure((error as Error).message, { cause: error });
    throw error;
  } finally {
    clearInterval(look);
    bar.stop();
  }
}

function say(fields: object, message: string): void {
  const { err, reason } = fields as { err?: Error; reason?: string };
  process.stderr.write(`${message}${err ? `: ${err.message}` : reason ? `: ${reason}` : ''}\n`);
}
