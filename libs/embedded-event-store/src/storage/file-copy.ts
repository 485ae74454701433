import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

const CHUNK_BYTES = 1024 * 1024;

/** One copied file: what a copy is checked by. */
export interface CopiedFile {
  /** Its path from the copy's root, with slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface CopyOptions {
  /** Stops between two chunks by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told how many bytes more were copied or read. */
  readonly onBytes?: (bytes: number) => void;
}

/** Copies the first `bytes` of a file to one that does not exist yet, and syncs it. Errors: the source is shorter, or those of the disk. */
export async function copyFile(from: string, to: string, name: string, bytes: number, options: CopyOptions = {}): Promise<CopiedFile> {
  const target = await open(to, 'wx', 0o600);
  try {
    const sha256 = await readThrough(from, bytes, options, async (chunk) => {
      for (let done = 0; done < chunk.length;) done += (await target.write(chunk, done)).bytesWritten;
    });
    await target.sync();
    return { name, bytes, sha256 };
  } finally {
    await target.close();
  }
}

/** The SHA-256, hex, of the first `bytes` of a file. Errors: it is shorter, or those of the disk. */
export async function hashOfFile(path: string, bytes: number, options: CopyOptions = {}): Promise<string> {
  return readThrough(path, bytes, options, () => undefined);
}

/** Makes durable what was made, renamed or removed in the folder of a path. */
export async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readThrough(
  path: string,
  bytes: number,
  { signal, onBytes }: CopyOptions,
  take: (chunk: Buffer) => Promise<void> | void,
): Promise<string> {
  const source = await open(path, 'r');
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(bytes, 1)));
  try {
    for (let done = 0; done < bytes;) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(chunk, 0, Math.min(chunk.length, bytes - done), done);
      if (bytesRead === 0) throw new Error(`${path} ends after ${done} bytes instead of ${bytes}`);
      hash.update(chunk.subarray(0, bytesRead));
      await take(chunk.subarray(0, bytesRead));
      done += bytesRead;
      onBytes?.(bytesRead);
    }
    return hash.digest('hex');
  } finally {
    await source.close();
  }
}
