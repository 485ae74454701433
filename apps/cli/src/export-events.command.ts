import { open, rm } from 'node:fs/promises';
import { PositionUnknown, type EventFilter, type RecordedEvent } from '#event-store';
import { cloudEvent, isFactStream } from '#platform';
import type { Connection } from './connect.js';
import { count, counted, print, progress } from './console.js';
import { Failure } from './failure.js';

export interface ExportOptions {
  readonly after?: string;
  readonly types?: string;
  readonly account?: string;
  readonly out?: string;
}

/** So much is gathered before it is written to a file. */
const charactersTogether = 64 * 1024;

/** Writes facts as JSON lines, each with its position, so that a later export can go on `--after` the last one. A file is whole, or it is not left there. */
export async function exportEvents({ log }: Connection, options: ExportOptions, signal: AbortSignal): Promise<void> {
  const after = options.after === undefined ? undefined : readPosition(options.after);
  const filter = filterFor(options);
  const end = await log.end();
  const output = await openOutput(options.out);
  const bar = progress('Exporting', options.out === undefined ? 0 : Number(end ?? 0n));
  let exported = 0;
  try {
    for await (const event of log.readAll({ ...(after !== undefined && { after }), ...(filter && { filter }) })) {
      if (signal.aborted) throw new Failure(`Interrupted after ${counted(exported, 'event')}.`);
      // What comes while the export runs belongs to the next one.
      if (end === undefined || event.position > end) break;
      if (!isWanted(event, options)) continue;
      await output.write(JSON.stringify(cloudEvent(event)));
      exported += 1;
      bar.update(Number(event.position));
    }
    await output.close();
  } catch (error) {
    await output.discard();
    if (error instanceof PositionUnknown)
      throw new Failure(`No event stands at position ${options.after}: take the position of one that was exported.`);
    throw error;
  } finally {
    bar.stop();
  }
  if (options.out !== undefined) process.stderr.write(`${count(exported)} events were written to ${options.out}.\n`);
}

/** The event store looks for types itself; an account's facts are few types in several streams, told apart here. */
function filterFor({ types }: ExportOptions): EventFilter | undefined {
  const names = types
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names === undefined || names.length === 0 ? undefined : { types: names };
}

function isWanted({ stream }: RecordedEvent, { account }: ExportOptions): boolean {
  return (
    isFactStream(stream) && (account === undefined || [`pool-${account}`, `partner-${account}`, `customer-${account}`].includes(stream))
  );
}

function readPosition(text: string): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw new Failure(`'${text}' is no position of the log: a position is a whole number.`);
}

interface Output {
  write(line: string): Promise<void>;
  close(): Promise<void>;
  /** Leaves nothing of a file. */
  discard(): Promise<void>;
}

async function openOutput(path: string | undefined): Promise<Output> {
  const nothing = () => Promise.resolve();
  if (path === undefined) return { write: print, close: nothing, discard: nothing };
  const failed = ({ code, message }: NodeJS.ErrnoException) =>
    new Failure(code === 'EEXIST' ? `${path} exists already: name another file.` : `${path} cannot be written: ${message}`);
  const file = await open(path, 'wx').catch((error: Error) => {
    throw failed(error);
  });
  let gathered = '';
  const flush = async () => {
    await file.appendFile(gathered).catch((error: Error) => {
      throw failed(error);
    });
    gathered = '';
  };
  return {
    write: async (line) => {
      gathered += `${line}\n`;
      if (gathered.length >= charactersTogether) await flush();
    },
    close: async () => {
      await flush();
      await file.close();
    },
    discard: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
