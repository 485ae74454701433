import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { decideAppend, decideDelete, type Expected } from './append-rules.js';
import { RecentIds } from './recent-ids.js';
import { RecordKind, TOMBSTONE_REVISION, type LogRecord } from './storage/record.js';
import { SegmentLog, type Entry } from './storage/segment-log.js';
import type { CutTail } from './storage/recovery.js';
import { StreamIndex, type Stream } from './stream-index.js';
import {
  DELETED_METADATA,
  describedBy,
  describesStream,
  firstShown,
  isMetadataStream,
  isSoftDeleted,
  metadataStreamOf,
  parseMetadata,
  revivedMetadata,
} from './stream-metadata.js';

/** An event as a writer offers it. */
export interface NewEvent {
  id: Buffer;
  type: Buffer;
  isJson: boolean;
  metadata: Uint8Array;
  data: Uint8Array;
}

export type AppendOutcome =
  /** `revision` is −1 when the stream has no events; `position` is missing when what was repeated is not shown any more. */
  { kind: 'written'; revision: number; position: number | undefined } | { kind: 'wrongRevision'; current: number } | { kind: 'deleted' };

export type Answer = (error: Error | undefined, outcome?: AppendOutcome) => void;

export interface EventLogOptions {
  dataDir: string;
  segmentBytes: number;
  cacheBytes: number;
  onSyncFailure: (error: Error) => void;
}

const RECENT_IDS_MAX = 100_000;
const NOTHING = Buffer.alloc(0);
const EMPTY_APPEND_TYPE = NOTHING;
const METADATA_TYPE = Buffer.from('$metadata');
const TOMBSTONE_TYPE = Buffer.from('$streamDeleted');

/** Streams over the log: who may append what, where each event is, and who waits for more. */
export class EventLog {
  private readonly recentIds = new RecentIds(RECENT_IDS_MAX);
  // Ids of events that wait for the disk, by stream, in the order of their revisions from `last + 1` on.
  private readonly waitingIds = new Map<Stream, Buffer[]>();
  private readonly followers = new Set<() => void>();
  private readonly streamFollowers = new Map<string, Set<() => void>>();
  private isAnnouncing = false;
  private lastCreatedMs = 0;

  private constructor(
    readonly log: SegmentLog,
    readonly index: StreamIndex,
    /** What was cut off the end of the log at the start, if anything. */
    readonly cut: CutTail | undefined,
  ) {}

  /** Opens the store in a folder: reads the log, brings the index up to it, or makes it anew when it does not fit. */
  static async open(options: EventLogOptions): Promise<EventLog> {
    const index = StreamIndex.open(join(options.dataDir, 'index'));
    const meet = (record: LogRecord): void => {
      if (record.isEvent) index.meet(record, () => record.streamName, record.end);
    };
    const pause = (): Promise<void> | undefined => index.pressure;
    const settings = {
      folder: join(options.dataDir, 'log'),
      newLogId: randomBytes(16),
      segmentBytes: options.segmentBytes,
      cacheBytes: options.cacheBytes,
      onSyncFailure: options.onSyncFailure,
    };
    const { log, cut } = await SegmentLog.open(settings, (logId) => index.startFor(logId), meet, pause);
    if (!index.fits) {
      await index.begin(log.logId);
      await log.visitAll(meet, pause);
    }
    index.reached(log.durableEnd);
    return new EventLog(log, index, cut);
  }

  /** The stream if it has events, had some, or has metadata. */
  find(name: string): Stream | undefined {
    return this.index.find(name);
  }

  /** Whether reads of the stream answer that it is deleted for good. A metadata stream shares the fate of its stream. */
  isTombstoned(name: string): boolean {
    return this.index.find(isMetadataStream(name) ? describedBy(name) : name)?.tombstone !== undefined;
  }

  /** Appends events to a stream, all or none; answers when they are durable or refused. */
  append(name: string, expected: Expected, events: NewEvent[], answer: Answer): void {
    const stream = this.index.forAppend(name);
    if (isMetadataStream(name) && this.index.find(describedBy(name))?.ahead.isTombstoned === true) {
      answer(undefined, { kind: 'deleted' });
      return;
    }
    const decision = decideAppend(
      stream,
      expected,
      events.map((event) => event.id),
      {
        hasMetadata: () => this.hasMetadata(name),
        recentRevisionOf: (id) => this.recentIds.revisionOf(name, id),
        hasIdAt: (revision, id) => this.idAt(stream, revision)?.equals(id) === true,
      },
    );
    if (decision.kind === 'repeated') {
      this.log.whenDurable((error) => {
        if (error) answer(error);
        else answer(undefined, { kind: 'written', revision: decision.revision, position: this.shownPosition(stream, decision.revision) });
      });
      return;
    }
    if (decision.kind !== 'write') {
      answer(undefined, decision);
      return;
    }
    const createdMs = this.now();
    const first = stream.ahead.last + 1;
    const entries: Entry[] = events.map((event, index) => ({
      ...event,
      kind: RecordKind.event,
      position: 0,
      stream: stream.nameBytes,
      revision: first + index,
      createdMs,
    }));
    if (entries.length === 0) entries.push(this.emptyAppend(stream, createdMs));
    const lastOwn = entries.length - 1;
    const streams = entries.map(() => stream);
    const completing = this.metadataToComplete(stream, decision.revives, events);
    if (completing !== undefined) {
      entries.push({ ...this.metadataEntry(completing.stream, completing.json, createdMs), revision: completing.revision });
      streams.push(completing.stream);
    }
    const revision = first + events.length - 1;
    this.write(entries, streams, (error) => {
      if (error) answer(error);
      else answer(undefined, { kind: 'written', revision, position: entries[lastOwn]!.position });
    });
  }

  /** Deletes a stream softly: reads do not find it until somebody appends to it again. */
  delete(name: string, expected: Expected, answer: Answer): void {
    const stream = this.index.forAppend(name);
    const decision = this.isTombstonedAhead(name)
      ? ({ kind: 'deleted' } as const)
      : decideDelete(stream, expected, true, () => this.hasMetadata(name));
    if (decision.kind !== 'write') {
      answer(undefined, decision.kind === 'repeated' ? { kind: 'wrongRevision', current: stream.ahead.last } : decision);
      return;
    }
    const described = this.index.forAppend(metadataStreamOf(name));
    this.writeOne(described, this.metadataEntry(described, DELETED_METADATA, this.now()), answer);
  }

  /** Deletes a stream for good: its name can never be used again. */
  tombstone(name: string, expected: Expected, answer: Answer): void {
    const stream = this.index.forAppend(name);
    const decision = this.isTombstonedAhead(name)
      ? ({ kind: 'deleted' } as const)
      : decideDelete(stream, expected, false, () => this.hasMetadata(name));
    if (decision.kind !== 'write') {
      answer(undefined, decision.kind === 'repeated' ? { kind: 'wrongRevision', current: stream.ahead.last } : decision);
      return;
    }
    const entry = { kind: RecordKind.event, position: 0, stream: stream.nameBytes, revision: TOMBSTONE_REVISION, id: randomId() };
    this.writeOne(
      stream,
      { ...entry, type: TOMBSTONE_TYPE, isJson: false, metadata: NOTHING, data: NOTHING, createdMs: this.now() },
      answer,
    );
  }

  /** Calls `grown` whenever there is more to read, until the returned function is called. */
  follow(grown: () => void): () => void {
    this.followers.add(grown);
    return () => this.followers.delete(grown);
  }

  /** The same for one stream. */
  followStream(name: string, grown: () => void): () => void {
    const followers = this.streamFollowers.get(name) ?? new Set();
    this.streamFollowers.set(name, followers.add(grown));
    return () => {
      followers.delete(grown);
      if (followers.size === 0 && this.streamFollowers.get(name) === followers) this.streamFollowers.delete(name);
    };
  }

  /** The event of a revision that the stream has; at once when it is in memory. */
  event(stream: Stream, revision: number): LogRecord | Promise<LogRecord> {
    return this.log.record(this.index.positions(stream, revision, revision)[0]!);
  }

  /** Finishes what is waiting, brings the index up to date and closes the files. */
  async close(): Promise<void> {
    await this.log.close();
    await this.index.close();
  }

  // What has to be said with an append so that a softly deleted stream shows what comes from now on, and nothing older: after an
  // append to it, or after new metadata for it.
  private metadataToComplete(
    stream: Stream,
    revives: boolean,
    events: NewEvent[],
  ): { stream: Stream; revision: number; json: string } | undefined {
    if (revives) {
      const metadataStream = this.index.forAppend(metadataStreamOf(stream.name));
      return { stream: metadataStream, revision: metadataStream.ahead.last + 1, json: revivedMetadata(undefined, stream.ahead.last + 1) };
    }
    if (!describesStream(stream.name)) return undefined;
    const described = this.index.find(describedBy(stream.name));
    if (described === undefined || !isSoftDeleted(described.ahead.metadata)) return undefined;
    const json = revivedMetadata(events.at(-1), described.ahead.last + 1);
    return { stream, revision: stream.ahead.last + events.length + 1, json };
  }

  private writeOne(stream: Stream, entry: Entry, answer: Answer): void {
    this.write([entry], [stream], (error) => {
      if (error) answer(error);
      else answer(undefined, { kind: 'written', revision: entry.revision, position: entry.position });
    });
  }

  // Hands entries to the log. Each belongs to the stream at its place in `streams`; while they wait, that stream is ahead of itself.
  private write(entries: Entry[], streams: Stream[], done: (error?: Error) => void): void {
    const touched = new Set<Stream>();
    for (const [index, entry] of entries.entries()) {
      const stream = streams[index]!;
      touched.add(stream);
      if (entry.kind !== RecordKind.event) continue;
      if (entry.revision === TOMBSTONE_REVISION) {
        stream.ahead.isTombstoned = true;
        continue;
      }
      stream.ahead.last = entry.revision;
      this.recentIds.remember(stream.name, entry.id, entry.revision);
      const waiting = this.waitingIds.get(stream);
      if (waiting === undefined) this.waitingIds.set(stream, [entry.id]);
      else waiting.push(entry.id);
      if (describesStream(stream.name)) {
        const described = this.index.forAppend(describedBy(stream.name));
        described.ahead.metadata = parseMetadata(entry);
        touched.add(described);
      }
    }
    for (const stream of touched) stream.ahead.appends += 1;
    this.log.append(entries, (error) => {
      if (error) {
        for (const stream of touched) {
          stream.ahead = {
            last: stream.last,
            metadata: stream.metadata,
            isTombstoned: stream.tombstone !== undefined,
            appends: stream.ahead.appends - 1,
          };
          this.waitingIds.delete(stream);
        }
        for (const [index, entry] of entries.entries()) this.recentIds.forget(streams[index]!.name, entry.id, entry.revision);
        done(error);
        return;
      }
      for (const [index, entry] of entries.entries()) {
        if (entry.kind !== RecordKind.event) continue;
        const stream = streams[index]!;
        this.index.apply(stream, entry);
        if (entry.revision === TOMBSTONE_REVISION) continue;
        const waiting = this.waitingIds.get(stream);
        if (waiting === undefined || waiting.length === 1) this.waitingIds.delete(stream);
        else waiting.shift();
      }
      for (const stream of touched) stream.ahead.appends -= 1;
      this.index.reached(this.log.endOf(entries[entries.length - 1]!));
      done();
      if (!this.isAnnouncing) this.announce();
      if (this.streamFollowers.size === 0) return;
      for (const stream of touched) for (const grown of this.streamFollowers.get(stream.name) ?? []) grown();
    });
  }

  // Followers are told once for all appends that became durable together.
  private announce(): void {
    this.isAnnouncing = true;
    process.nextTick(() => {
      this.isAnnouncing = false;
      for (const grown of this.followers) grown();
    });
  }

  private hasMetadata(name: string): boolean {
    return (this.index.find(metadataStreamOf(name))?.ahead.last ?? -1) >= 0;
  }

  private isTombstonedAhead(name: string): boolean {
    return this.index.find(isMetadataStream(name) ? describedBy(name) : name)?.ahead.isTombstoned === true;
  }

  // The id of an event of the stream, durable or on its way.
  private idAt(stream: Stream, revision: number): Buffer | undefined {
    if (revision > stream.last) return this.waitingIds.get(stream)?.[revision - stream.last - 1];
    const [position] = this.index.positions(stream, revision, revision);
    return position === undefined ? undefined : this.log.recordNow(position).id;
  }

  private shownPosition(stream: Stream, revision: number): number | undefined {
    if (revision < firstShown(stream.name, stream.last, stream.metadata)) return undefined;
    return this.index.positions(stream, revision, revision)[0];
  }

  private emptyAppend(stream: Stream, createdMs: number): Entry {
    return {
      kind: RecordKind.emptyAppend,
      position: 0,
      stream: stream.nameBytes,
      revision: Math.max(stream.ahead.last, 0),
      id: randomId(),
      type: EMPTY_APPEND_TYPE,
      isJson: false,
      metadata: NOTHING,
      data: NOTHING,
      createdMs,
    };
  }

  private metadataEntry(stream: Stream, json: string, createdMs: number): Entry {
    return {
      kind: RecordKind.event,
      position: 0,
      stream: stream.nameBytes,
      revision: stream.ahead.last + 1,
      id: randomId(),
      type: METADATA_TYPE,
      isJson: true,
      metadata: NOTHING,
      data: Buffer.from(json),
      createdMs,
    };
  }

  // The clock may jump back; created times never do.
  private now(): number {
    return (this.lastCreatedMs = Math.max(this.lastCreatedMs, Date.now()));
  }
}

function randomId(): Buffer {
  const id = randomBytes(16);
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
