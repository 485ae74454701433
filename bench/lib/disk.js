// What the disk does: the ceiling of every commit that waits for it, and the room that files take.
import { closeSync, fdatasyncSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from './figures.js';

/** How often a second the disk makes 4 KiB durable, one after the other. Thousands are an SSD, a million is memory. */
export function diskProbe(folder, milliseconds) {
  const file = join(folder, 'probe');
  const block = Buffer.alloc(4_096, 1);
  const handle = openSync(file, 'w');
  const samples = [];
  try {
    const end = performance.now() + milliseconds;
    for (let position = 0; performance.now() < end; position += block.length) {
      const startedAt = performance.now();
      writeSync(handle, block, 0, block.length, position);
      fdatasyncSync(handle);
      samples.push(performance.now() - startedAt);
    }
  } finally {
    closeSync(handle);
    rmSync(file);
  }
  const total = samples.reduce((sum, sample) => sum + sample, 0);
  return { perSecond: (1_000 * samples.length) / total, p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) };
}

/** Bytes that the disk has given to the files of a folder. */
export function allocatedBytes(folder) {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    sum += entry.isDirectory() ? allocatedBytes(path) : statSync(path).blocks * 512;
  }
  return sum;
}
