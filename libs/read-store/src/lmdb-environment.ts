import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import type { Bytes } from './counted-index.js';
import { dataFileOf, isForeign, isReadable, moveAside, noteOpening } from './lmdb-folder.js';
import { ReadStoreUnavailable } from './read-store.js';

/** What is kept, as LMDB's databases. */
export interface Databases {
  /** `name.v1 NUL partition NUL key`; the key '' holds the partition's checkpoint. */
  readonly documents: Bytes;
  /** `name.v1 NUL partition NUL index NUL sort NUL key`, and the counts of them (counted-index.ts). */
  readonly entries: Bytes;
  readonly blocks: Bytes;
  /** `version NUL name NUL number`, `serving NUL name`, `log`. */
  readonly records: Bytes;
}

const lookAgainAfterMs = 200;
const clearReadersAfterMs = 60_000;
/** What LMDB says of a file that is not, or not wholly, its own: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_VERSION_MISMATCH, MDB_INVALID. */
const saysDamaged = /PAGE_NOTFOUND|CORRUPTED|PANIC|VERSION_MISMATCH|MDB_INVALID/;

/** What was stored does not match its checksum. */
export class StoredDamaged extends Error {}

const isDamage = (error: Error): boolean => error instanceof StoredDamaged || saysDamaged.test(error.message);

/**
 * LMDB in a folder that may be taken away: by hand, or by another process that found it damaged. Everybody who has it open looks every now and
 * then whether it is still the one that lies there. What is in it can be filled again, so a damaged one is moved aside at once.
 */
export class LmdbEnvironment {
  #opened!: { environment: RootDatabase<Buffer, Buffer>; databases: Databases; dataFile: number | undefined; release: () => void };
  #using!: Databases;
  #lookedAt = 0;
  #readersClearedAt = performance.now();
  #closed = false;

  constructor(
    private readonly folder: string,
    private readonly report: (line: string) => void,
  ) {
    this.#openChecked();
  }

  /** Where a read or a write works: valid within its callback only. */
  get databases(): Databases {
    return this.#using;
  }

  /** Reads that see everything committed by now, in any process. Errors: ReadStoreUnavailable. */
  read<Answer>(read: () => Answer): Answer {
    try {
      const { environment, databases } = this.#current();
      // The snapshot of this turn may be from before another process's last commit, which its reader may already have heard of.
      environment.resetReadTxn();
      this.#using = databases;
      return read();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** One transaction; writes asked for in one turn share it. Errors: ReadStoreUnavailable. */
  async write<Answer>(write: () => Answer): Promise<Answer> {
    try {
      const { environment, databases } = this.#current();
      return await environment.transaction(() => {
        this.#using = databases;
        return write();
      });
    } catch (error) {
      // The reason comes as a promise of its own, which would end the process if nobody listened (a full disk, for one).
      const reason = (error as { commitError?: Promise<never> }).commitError;
      throw this.#failed(reason ? await reason.catch((cause: unknown) => cause) : error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const { environment, release } = this.#opened;
    await environment.close();
    release();
  }

  #current(): { environment: RootDatabase<Buffer, Buffer>; databases: Databases } {
    if (this.#closed) throw new Error('it was closed');
    const now = performance.now();
    if (now - this.#lookedAt >= lookAgainAfterMs) {
      this.#lookedAt = now;
      if (dataFileOf(this.folder) !== this.#opened.dataFile) this.#reopen();
      // A reader that was killed holds on to pages that could be used again, until somebody notices.
      if (now - this.#readersClearedAt >= clearReadersAfterMs) {
        this.#readersClearedAt = now;
        this.#opened.environment.readerCheck();
      }
    }
    return this.#opened;
  }

  #reopen(): void {
    const { environment, release } = this.#opened;
    release();
    this.#open();
    // What is still being read of the old one may end first; a file that was taken away may fail to close, and nobody needs it.
    environment.close().catch(() => undefined);
  }

  #openChecked(): void {
    const opening = noteOpening(this.folder);
    const sound = !opening.suspicious || dataFileOf(this.folder) === undefined || isReadable(this.folder);
    opening.release();
    if (!sound) this.#discard('processes that had them open died, and so did one that tried to read all of them');
    this.#open();
  }

  #open(): void {
    const { release } = noteOpening(this.folder);
    try {
      this.#opened = { ...this.#openFolder(), dataFile: dataFileOf(this.folder), release };
    } catch (error) {
      release();
      if (!isDamage(error as Error)) throw error;
      this.#discard((error as Error).message);
      this.#opened = { ...this.#openFolder(), dataFile: dataFileOf(this.folder), release: noteOpening(this.folder).release };
    }
  }

  #openFolder(): { environment: RootDatabase<Buffer, Buffer>; databases: Databases } {
    if (isForeign(this.folder)) throw new StoredDamaged('data.mdb does not begin as a file of LMDB does');
    const bytes = { keyEncoding: 'binary', encoding: 'binary' } as const;
    const environment = open<Buffer, Buffer>({ path: this.folder, noSubdir: false, maxDbs: 8, maxReaders: 512, ...bytes });
    const database = (name: string): Bytes => environment.openDB<Buffer, Buffer>({ name, ...bytes });
    return {
      environment,
      databases: {
        documents: database('documents'),
        entries: database('entries'),
        blocks: database('blocks'),
        records: database('records'),
      },
    };
  }

  #discard(why: string): void {
    const place = moveAside(this.folder);
    this.report(`the read models in ${this.folder} are damaged (${why}): they were moved to ${place} and are filled again from the log`);
  }

  #failed(error: unknown): ReadStoreUnavailable {
    const cause = error instanceof Error ? error : new Error(String(error));
    // Another process may have been quicker, and then what lies there now is sound.
    if (isDamage(cause) && !this.#closed && dataFileOf(this.folder) === this.#opened.dataFile) {
      this.#discard(cause.message);
      this.#reopen();
    }
    return new ReadStoreUnavailable(`the read models in the data folder cannot be used: ${cause.message}`, { cause });
  }
}
