import { projections } from '#projections';
import { openReadStore, PoisonedEvent, Pump, ReadModelsOfAnotherLog, type ReadStore } from '#read-store';
import type { Connection } from './connect.js';
import { count, counted, print, progress, type Progress } from './console.js';
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
  const dropping: Promise<void>[] = [];
  try {
    for (const name of wanted === 'all' ? names : [wanted]) {
      const rebuilding = rebuildOne(connection, store, name, signal);
      dropping.push(rebuilding.done);
      // The next one begins as soon as this one serves, while what it replaced waits for the last queries on it.
      await rebuilding.serving;
    }
    await Promise.all(dropping);
  } finally {
    await Promise.allSettled(dropping);
    await store.close();
  }
}

interface Rebuilding {
  /** Queries are answered from the new version, and the person was told. */
  readonly serving: Promise<void>;
  /** The old version is gone, too. Errors: Failure. */
  readonly done: Promise<void>;
}

function rebuildOne({ log, isShared }: Connection, store: ReadStore, name: string, signal: AbortSignal): Rebuilding {
  const begun = performance.now();
  let bar: Progress | undefined;
  let serves: () => void;
  const told = new Promise<void>((resolve) => (serves = resolve));
  const info = (fields: object): void => {
    const { events, position } = fields as { events?: number; position?: string };
    if (events === undefined) return;
    bar?.stop();
    const seconds = count(Math.round((performance.now() - begun) / 100) / 10);
    const place = position === undefined ? 'an empty log' : `position ${position}`;
    void print(`${name} was rebuilt from ${counted(events, 'event')} up to ${place} in ${seconds} s, and queries are answered from it.`);
    serves();
  };
  // Read models of another log are left alone: a wrong DATA_DIR or EVENTSTORE_URL must not cost somebody else's.
  // With nobody else at work there is no query that had begun on the old version.
  const dropAfter = isShared ? {} : { dropAfterMs: 0 };
  const pump = new Pump({ source: log, store, projections, logger: { info, warn: say, error: say }, otherLog: 'refuse', ...dropAfter });
  const run = async (): Promise<void> => {
    bar = progress(`Rebuilding ${name}`, Number((await log.end()) ?? 0n));
    const look = setInterval(() => bar?.update(Number(pump.status()[0]?.position ?? 0n)), lookEveryMilliseconds);
    try {
      await pump.rebuild(name, signal);
    } catch (error) {
      throw worded(error);
    } finally {
      clearInterval(look);
      bar.stop();
    }
  };
  const done = run();
  return { serving: Promise.race([told, done]), done };
}

/** The pump's own refusals say in words what happened; a TypeError and its like are ours and keep their trace. */
function worded(error: unknown): unknown {
  const isWorded = error instanceof PoisonedEvent || error instanceof ReadModelsOfAnotherLog || (error as Error).name === 'Error';
  return isWorded ? new Failure((error as Error).message, { cause: error }) : error;
}

function say(fields: object, message: string): void {
  const { err, reason } = fields as { err?: Error; reason?: string };
  process.stderr.write(`${message}${err ? `: ${err.message}` : reason ? `: ${reason}` : ''}\n`);
}
