import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Expected } from '../append-rules.js';
import { EventLog, type AppendOutcome, type NewEvent } from '../event-log.js';
import type { EventLogOptions } from '../log-and-index.js';

const NOTHING = Buffer.alloc(0);

/** A new folder, and how to remove it. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'event-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** An event whose type is its label, with a new id unless one is given. */
export function newEvent(label: string, data: Uint8Array = Buffer.from(JSON.stringify({ label })), id: Buffer = randomBytes(16)): NewEvent {
  return { id, type: Buffer.from(label), isJson: true, metadata: NOTHING, data };
}

/** Opens the store in a folder; `segmentBytes` small enough makes it roll over. */
export function openEventLog(dataDir: string, segmentBytes = 64 * 1024 * 1024, options: Partial<EventLogOptions> = {}): Promise<EventLog> {
  const onSyncFailure = (error: Error): void => {
    throw error;
  };
  const unheard = (): void => undefined;
  const own = { dataDir, segmentBytes, cacheBytes: 1024 * 1024, onSyncFailure, onDamagedIndex: unheard, onDamagedLog: unheard };
  return EventLog.open({ ...own, ...options });
}

/** Appends and waits for the answer. */
export function append(log: EventLog, stream: string, events: NewEvent[], expected: Expected = 'any'): Promise<AppendOutcome> {
  return new Promise((resolve, reject) => {
    log.append(stream, expected, events, (error, outcome) => (outcome === undefined ? reject(error) : resolve(outcome)));
  });
}

/** What is in the log, in order: `stream/type@revision`, as read from the disk or the cache. */
export async function everything(log: EventLog): Promise<string[]> {
  const found: string[] = [];
  for (let at = log.log.next(log.log.firstPosition); at < log.log.durableEnd; at = log.log.next(at)) {
    const record = await log.log.record(at);
    if (record.isEvent) found.push(`${record.streamName}/${record.typeName}@${record.revision}`);
    at = record.end;
  }
  return found;
}

/** The types of a stream's events by the index, in order; fails when a position leads elsewhere. */
export async function streamByIndex(log: EventLog, name: string): Promise<string[]> {
  const stream = log.find(name);
  if (stream === undefined || stream.last < 0) return [];
  const records = await Promise.all(log.index.positions(stream, 0, stream.last).map((position) => log.log.record(position)));
  return records.map((record, revision) => {
    if (record.streamName !== name || record.revision !== revision)
      throw new Error(`${name}@${revision} leads to ${record.streamName}@${record.revision}`);
    return record.typeName;
  });
}
