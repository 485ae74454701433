import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';

const FILE = 'acknowledged';
const CHECKSUM_OFFSET = 24;
const BYTES = 28;

/**
 * A note beside the log of how far it was acknowledged: the log's id, the position, a checksum. It is written after each sync and never
 * synced itself. So it may be behind the log but never ahead of it: a log that ends before it has lost something, which is more than a torn tail.
 */
export class AcknowledgedEnd {
  private readonly bytes = Buffer.alloc(BYTES);
  private readonly fd: number | undefined;

  constructor(folder: string, logId: Buffer) {
    logId.copy(this.bytes);
    try {
      this.fd = openSync(acknowledgedFile(folder), constants.O_RDWR | constants.O_CREAT, 0o666);
    } catch {
      // A disk without room for one more name is no reason not to read what is there.
    }
  }

  /** Notes that everything before a position was acknowledged. The file keeps its size, so that this works on a full disk, too. */
  note(position: number): void {
    this.bytes.writeDoubleLE(position, 16);
    this.bytes.writeUInt32LE(crc32c(this.bytes.subarray(0, CHECKSUM_OFFSET)), CHECKSUM_OFFSET);
    if (this.fd === undefined) return;
    try {
      writeSync(this.fd, this.bytes, 0, BYTES, 0);
    } catch {
      // Without it the log is as sound as before; there is one witness less.
    }
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
  }
}

/** The note's file; without it the log stands for itself. */
export const acknowledgedFile = (folder: string): string => join(folder, FILE);

/** How far the log with this id was acknowledged as far as the note says; 0 when there is no note, or none that is whole. */
export function readAcknowledgedEnd(folder: string, logId: Buffer): number {
  let bytes: Buffer;
  try {
    bytes = readFileSync(acknowledgedFile(folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  const isWhole = bytes.length === BYTES && bytes.readUInt32LE(CHECKSUM_OFFSET) === crc32c(bytes.subarray(0, CHECKSUM_OFFSET));
  return isWhole && bytes.subarray(0, 16).equals(logId) ? bytes.readDoubleLE(16) : 0;
}
