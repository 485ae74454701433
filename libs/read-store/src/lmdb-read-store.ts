import { randomUUID } from 'node:crypto';
import { crc32 } from '@node-rs/crc32';
import { documentLine, entryLine } from './canonical-json.js';
import { CountedIndex } from './counted-index.js';
import { LmdbEnvironment, StoredDamaged } from './lmdb-environment.js';
import type { Databases } from './lmdb-environment.js';
import type { IndexRange, PartitionAddress, PartitionState, PartitionWrite, Progress, ProgressMove, ReadStore } from './read-store.js';
import { storedName } from './stored-version.js';

/**
 * Opens the store in a folder of its own, and makes it when it is missing. Several processes may have it open; they see each other's commits.
 * A commit is written to the disk after it is answered: what a loss of power takes away goes as a whole, checkpoints with their documents, and is
 * filled again. `report` is told when a damaged store was moved aside.
 */
export async function openLmdbReadStore(
  folder: string,
  report: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<ReadStore> {
  return new LmdbReadStore(new LmdbEnvironment(folder, report));
}

interface VersionRecord {
  life: string;
  position?: string;
  stopped?: Progress['stopped'];
  /** Somebody began to drop it: there is nothing in it to go on with. */
  dropping?: true;
}

const keyOf = (...parts: string[]): Buffer => Buffer.from(parts.join('\0'));
/** The first key after all that begin with these parts: NUL, which ends a part, becomes the next byte. */
const endOf = (...parts: string[]): Buffer => Buffer.from(`${parts.join('\0')}\x01`);

const joined = (start: Buffer, sort: string, key: string): Buffer => Buffer.concat([start, keyOf(sort, key)]);

/** A document or checkpoint as stored: CRC-32 of the text, then the text. LMDB has no checksums; a flipped bit must not be answered as a number. */
function sealed(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
  bytes.write(text, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

function unsealed(bytes: Buffer): string {
  if (bytes.length < 4 || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) {
    throw new StoredDamaged('a checksum does not match');
  }
  return bytes.toString('utf8', 4);
}

const asDocument = (bytes: Buffer | undefined): object | undefined => (bytes ? (JSON.parse(unsealed(bytes)) as object) : undefined);

class LmdbReadStore implements ReadStore {
  constructor(private readonly environment: LmdbEnvironment) {}

  /** Within a read or a write. */
  get #in(): Databases {
    return this.environment.databases;
  }

  async documents(address: PartitionAddress, keys: readonly string[]): Promise<(object | undefined)[]> {
    return this.environment.read(() => keys.map((key) => asDocument(this.#in.documents.get(this.#documentKey(address, key)))));
  }

  async allDocuments(address: PartitionAddress): Promise<{ key: string; document: object }[]> {
    return this.environment.read(() => [...this.#documentsOf(address)]);
  }

  *#documentsOf(address: PartitionAddress): Iterable<{ key: string; document: object }> {
    const start = this.#documentKey(address, '');
    const end = endOf(storedName(address.projection, address.version), address.partition);
    for (const { key, value } of this.#in.documents.getRange({ start, exclusiveStart: true, end })) {
      yield { key: key.toString('utf8', start.length), document: JSON.parse(unsealed(value)) as object };
    }
  }

  async range(address: PartitionAddress, range: IndexRange): Promise<{ sort: string; key: string }[]> {
    return this.environment.read(() => [...this.#entriesOf(address, range)]);
  }

  *#entriesOf(address: PartitionAddress, range: IndexRange): Iterable<{ sort: string; key: string }> {
    if (range.limit <= 0) return;
    const { start, from, to } = this.#bounds(address, range);
    const after = range.after && joined(start, range.after.sort, range.after.key);
    let keys;
    if (range.direction === 'ascending') {
      const low = after && Buffer.compare(after, from) >= 0 ? after : from;
      keys = this.#in.entries.getKeys({ start: low, exclusiveStart: low === after, end: to, limit: range.limit });
    } else {
      // No entry equals a bound (entries end in NUL and a key), so only `after` must be kept out.
      const high = after && Buffer.compare(after, to) < 0 ? after : to;
      keys = this.#in.entries.getKeys({
        start: high,
        exclusiveStart: true,
        end: from,
        inclusiveEnd: true,
        reverse: true,
        limit: range.limit,
      });
    }
    for (const key of keys) {
      const at = key.indexOf(0, start.length);
      yield { sort: key.toString('utf8', start.length, at), key: key.toString('utf8', at + 1) };
    }
  }

  async count(address: PartitionAddress, range: { index: string; from?: string; to?: string }): Promise<number> {
    return this.environment.read(() => this.#count(address, range));
  }

  async ranges(address: PartitionAddress, ranges: readonly IndexRange[]): Promise<{ sort: string; key: string }[][]> {
    return this.environment.read(() => ranges.map((range) => [...this.#entriesOf(address, range)]));
  }

  async counts(address: PartitionAddress, ranges: readonly { index: string; from?: string; to?: string }[]): Promise<number[]> {
    return this.environment.read(() => ranges.map((range) => this.#count(address, range)));
  }

  #count(address: PartitionAddress, range: { index: string; from?: string; to?: string }): number {
    const { index, from, to } = this.#bounds(address, range);
    return index.count(from, to);
  }

  #bounds(
    address: PartitionAddress,
    range: { index: string; from?: string; to?: string },
  ): { index: CountedIndex; start: Buffer; from: Buffer; to: Buffer } {
    const parts = [storedName(address.projection, address.version), address.partition, range.index];
    const start = keyOf(...parts, '');
    const end = endOf(...parts);
    return {
      index: new CountedIndex(this.#in.entries, this.#in.blocks, start, end),
      start,
      from: range.from === undefined ? start : keyOf(...parts, range.from),
      to: range.to === undefined ? end : keyOf(...parts, range.to),
    };
  }

  async partitionCheckpoint(address: PartitionAddress): Promise<bigint | undefined> {
    return this.environment.read(() => this.#checkpoint(address));
  }

  #checkpoint(address: PartitionAddress): bigint | undefined {
    const bytes = this.#in.documents.get(this.#documentKey(address, ''));
    return bytes && BigInt(unsealed(bytes));
  }

  async load(
    projection: string,
    version: number,
    wanted: readonly { readonly partition: string; readonly keys: readonly string[] }[],
  ): Promise<{ partitions: PartitionState[]; progress: Progress }> {
    // Reads of one turn share one snapshot.
    return this.environment.read(() => ({
      partitions: wanted.map(({ partition, keys }) => {
        const address = { projection, version, partition };
        return {
          checkpoint: this.#checkpoint(address),
          documents: keys.map((key) => asDocument(this.#in.documents.get(this.#documentKey(address, key)))),
        };
      }),
      progress: this.#progress(projection, version),
    }));
  }

  async commit(write: PartitionWrite): Promise<boolean> {
    return this.environment.write(this.#committing(write));
  }

  async commitAll(writes: readonly PartitionWrite[], move: ProgressMove): Promise<{ committed: boolean[]; moved: boolean }> {
    const commits = writes.map((write) => this.#committing(write));
    return this.environment.write(() => {
      const committed = commits.map((commit) => commit());
      return { committed, moved: committed.every(Boolean) && this.#move(move) };
    });
  }

  /** What can be made beforehand, and the step that stores it, within a transaction: wholly, or not at all when the checkpoint is another. */
  #committing(write: PartitionWrite): () => boolean {
    const { address } = write;
    const texts = write.documents.map(({ key, document }) => ({
      key: this.#documentKey(address, key),
      bytes: document && sealed(JSON.stringify(document)),
    }));
    const checkpoint = sealed(write.checkpoint.toString());
    const changes = this.#indexChanges(write);
    return () => {
      if (this.#checkpoint(address) !== write.readCheckpoint) return false;
      for (const { key, bytes } of texts) {
        if (bytes) this.#in.documents.putSync(key, bytes);
        else this.#in.documents.removeSync(key);
      }
      for (const { counted, removed, added } of changes) counted.change(removed, added);
      this.#in.documents.putSync(this.#documentKey(address, ''), checkpoint);
      return true;
    };
  }

  /** The keys of the entries that go and come, by index. */
  #indexChanges({ address, documents }: PartitionWrite): Iterable<{ counted: CountedIndex; removed: Buffer[]; added: Buffer[] }> {
    const indexes = new Map<string, { counted: CountedIndex; start: Buffer; removed: Buffer[]; added: Buffer[] }>();
    const changesOf = (index: string): { start: Buffer; removed: Buffer[]; added: Buffer[] } => {
      let changes = indexes.get(index);
      if (!changes) {
        const { index: counted, start } = this.#bounds(address, { index });
        indexes.set(index, (changes = { counted, start, removed: [], added: [] }));
      }
      return changes;
    };
    for (const { key, indexAdd, indexRemove } of documents) {
      for (const { index, sort } of indexRemove) {
        const { start, removed } = changesOf(index);
        removed.push(joined(start, sort, key));
      }
      for (const { index, sort } of indexAdd) {
        const { start, added } = changesOf(index);
        added.push(joined(start, sort, key));
      }
    }
    return indexes.values();
  }

  async begin(projection: string, version: number): Promise<Progress> {
    // What a drop that was cut short has left behind would be taken for what the log says.
    if (this.environment.read(() => this.#record(projection, version))?.dropping) await this.drop(projection, version);
    return this.environment.write(() => {
      if (!this.#record(projection, version)) this.#setRecord(projection, version, { life: randomUUID() });
      return this.#progress(projection, version);
    });
  }

  async progress(projection: string, version: number): Promise<Progress> {
    return this.environment.read(() => this.#progress(projection, version));
  }

  #progress(projection: string, version: number): Progress {
    const record = this.#record(projection, version);
    if (!record || record.dropping) return { position: undefined };
    return {
      life: record.life,
      position: record.position === undefined ? undefined : BigInt(record.position),
      ...(record.stopped ? { stopped: record.stopped } : {}),
    };
  }

  async setProgress(move: ProgressMove): Promise<boolean> {
    return this.environment.write(() => this.#move(move));
  }

  #move({ projection, version, next, known }: ProgressMove): boolean {
    const held = this.#progress(projection, version);
    if (held.life === undefined || held.life !== known.life) return false;
    if ((held.position ?? -1n) < (known.position ?? -1n)) return false;
    if ((held.position ?? -1n) > (next.position ?? -1n)) return true;
    this.#setRecord(projection, version, {
      life: held.life,
      ...(next.position === undefined ? {} : { position: next.position.toString() }),
      ...(next.stopped ? { stopped: next.stopped } : {}),
    });
    return true;
  }

  #record(projection: string, version: number): VersionRecord | undefined {
    const bytes = this.#in.records.get(keyOf('version', projection, String(version)));
    return bytes && (JSON.parse(unsealed(bytes)) as VersionRecord);
  }

  #setRecord(projection: string, version: number, record: VersionRecord): void {
    this.#in.records.putSync(keyOf('version', projection, String(version)), sealed(JSON.stringify(record)));
  }

  async servingVersion(projection: string): Promise<number | undefined> {
    return this.environment.read(() => this.#serving(projection));
  }

  #serving(projection: string): number | undefined {
    const bytes = this.#in.records.get(keyOf('serving', projection));
    return bytes && Number(unsealed(bytes));
  }

  async setServingVersion(projection: string, version: number): Promise<number> {
    return this.environment.write(() => {
      const serving = this.#serving(projection) ?? 0;
      if (version > serving) this.#in.records.putSync(keyOf('serving', projection), sealed(String(version)));
      return Math.max(version, serving);
    });
  }

  async versions(projection: string): Promise<number[]> {
    return this.environment.read(() => {
      const start = keyOf('version', projection, '');
      const keys = this.#in.records.getKeys({ start, end: endOf('version', projection) });
      return [...keys].map((key) => Number(key.toString('utf8', start.length))).sort((a, b) => a - b);
    });
  }

  async drop(projection: string, version: number): Promise<void> {
    const stored = storedName(projection, version);
    const names = ['documents', 'entries', 'blocks'] as const;
    const some = (name: (typeof names)[number], limit: number): Buffer[] => [
      ...this.#in[name].getKeys({ start: keyOf(stored, ''), end: endOf(stored), limit }),
    ];
    // Somebody may begin it again before all of it is gone: then that is gone too, and once more from the mark on.
    for (let isGone = false; !isGone;) {
      // Readers and projectors at work on it notice at once, and so does whoever begins it again after a drop that was cut short.
      await this.environment.write(() => this.#setRecord(projection, version, { life: randomUUID(), dropping: true }));
      for (const name of names) {
        // In portions, so that commits of other projections are not kept waiting. The record goes last: a drop cut short is found again by it.
        for (let removed = -1; removed !== 0;) {
          removed = await this.environment.write(() => {
            const keys = some(name, 5_000);
            for (const key of keys) this.#in[name].removeSync(key);
            return keys.length;
          });
        }
      }
      isGone = await this.environment.write(() => {
        if (names.some((name) => some(name, 1).length > 0)) return false;
        this.#in.records.removeSync(keyOf('version', projection, String(version)));
        return true;
      });
    }
  }

  async stopServing(projection: string): Promise<void> {
    await this.environment.write(() => this.#in.records.removeSync(keyOf('serving', projection)));
  }

  async log(): Promise<string | undefined> {
    return this.environment.read(() => this.#log());
  }

  #log(): string | undefined {
    const bytes = this.#in.records.get(keyOf('log'));
    return bytes && unsealed(bytes);
  }

  async claim(log: string): Promise<string> {
    return this.environment.write(() => {
      const owner = this.#log();
      if (owner === undefined) this.#in.records.putSync(keyOf('log'), sealed(log));
      return owner ?? log;
    });
  }

  async disclaim(): Promise<void> {
    await this.environment.write(() => this.#in.records.removeSync(keyOf('log')));
  }

  async *dump(projection: string, version: number): AsyncIterable<string> {
    const name = storedName(projection, version);
    for (const partition of this.#partitionsOf(name)) {
      const address = { projection, version, partition };
      for (const { key, document } of await this.allDocuments(address)) yield documentLine(partition, key, document);
      const start = keyOf(name, partition, '');
      for (let from = start, keys = [start]; keys.length > 0;) {
        keys = this.environment.read(() => [...this.#in.entries.getKeys({ start: from, end: endOf(name, partition), limit: 1_000 })]);
        for (const key of keys) {
          const [index = '', sort = '', ...rest] = key.toString('utf8', start.length).split('\0');
          yield entryLine(partition, index, sort, rest.join('\0'));
          // The next key there can be.
          from = Buffer.concat([key, Buffer.of(0)]);
        }
      }
    }
  }

  *#partitionsOf(name: string): Iterable<string> {
    const start = keyOf(name, '');
    for (let from = start; ;) {
      const [first] = this.environment.read(() => [...this.#in.documents.getKeys({ start: from, end: endOf(name), limit: 1 })]);
      if (!first) return;
      const partition = first.toString('utf8', start.length, first.indexOf(0, start.length));
      yield partition;
      from = endOf(name, partition);
    }
  }

  async ping(): Promise<void> {
    await Promise.resolve(this.environment.read(() => this.#log()));
  }

  async close(): Promise<void> {
    await this.environment.close();
  }

  #documentKey(address: PartitionAddress, key: string): Buffer {
    return keyOf(storedName(address.projection, address.version), address.partition, key);
  }
}
