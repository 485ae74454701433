import { crc32 } from '@node-rs/crc32';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

export interface SnapshotsOptions {
  /** Where the files lie; made when it is missing. It may be emptied at any time. */
  readonly folder: string;
  /** Names the code that folds the facts. What other code has folded is not believed. */
  readonly code: string;
  /** Told when one could not be written. Nothing is lost by that but time. */
  readonly report?: (error: Error) => void;
}

/** What is kept of a stream's state, in the form of the structured clone. `hash` is of the fact at `revision`. */
export interface Snapshot {
  readonly revision: number;
  readonly hash: string;
}

/**
 * Folded states, one file a stream, so that a large pool is not folded from its first fact again. They are a memory, not a truth: one that is
 * damaged, or of other code, is as good as none, and whether the log agrees with it is the reader's to ask.
 * Why they are so: docs/decisions/023-snapshots-that-the-chain-vouches-for.md.
 */
export class Snapshots {
  private readonly writing = new Map<string, Promise<void>>();

  constructor(private readonly options: SnapshotsOptions) {}

  /** The latest that this code wrote of the stream and that is whole; undefined when there is none. */
  async read<Kept extends Snapshot>(stream: string): Promise<Kept | undefined> {
    await this.writing.get(stream);
    const bytes = await readFile(this.fileOf(stream)).catch(() => undefined);
    if (bytes === undefined || bytes.length < 4 || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return undefined;
    try {
      const { code, of, kept } = deserialize(bytes.subarray(4)) as { code: string; of: string; kept: Kept };
      return code === this.options.code && of === stream ? kept : undefined;
    } catch {
      // A newer Node wrote it, in a form that this one does not know.
      return undefined;
    }
  }

  /** Takes in what is to be kept before it returns, and writes it in the background. While one of the stream is being written, no other is taken. */
  write(stream: string, kept: Snapshot): void {
    if (this.writing.has(stream)) return;
    let content: Buffer;
    try {
      content = serialize({ code: this.options.code, of: stream, kept });
    } catch (error) {
      // Larger than a buffer can be, for one. What was recorded is recorded.
      return this.options.report?.(error as Error);
    }
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(content), 0);
    const written = this.replace(this.fileOf(stream), [sum, content])
      .catch((error: Error) => this.options.report?.(error))
      .finally(() => this.writing.delete(stream));
    this.writing.set(stream, written);
  }

  /** Resolves when nothing is being written any more. */
  async idle(): Promise<void> {
    await Promise.all(this.writing.values());
  }

  /** Another process may do the same: whoever comes last has written a whole file. */
  private async replace(file: string, parts: readonly Buffer[]): Promise<void> {
    const draft = `${file}.${process.pid}`;
    try {
      await mkdir(this.options.folder, { recursive: true });
      await writeFile(draft, parts);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Names of streams are longer than names of files may be, and hold what those may not. */
  private fileOf(stream: string): string {
    return join(this.options.folder, createHash('sha256').update(stream).digest('hex'));
  }
}
