import { randomBytes } from 'node:crypto';
import { decideAppend, decideDelete, type Expected } from './append-rules.js';
import { openTogether, type EventLogOptions } from './log-and-index.js';
import type { Answer, NewEvent } from './new-event.js';
import { RecentIds } from './recent-ids.js';
import { RecordKind, TOMBSTONE_REVISION, type LogRecord } from './storage/record.js';
import type { Entry, SegmentLog } from './storage/segment-log.js';
import type { CutTail } from './storage/recovery.js';
import type { Stream, StreamIndex } from './stream-index.js';
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

export type { Answer, AppendOutcome, NewEvent } from './new-event.js';

const RECENT_IDS_MAX = 100_000;
/** So many durable entries may stay in the list of waiting ones before they are cut off together. */
const DURABLE_KEPT = 4096;
const NOTHING = Buffer.alloc(0);
const METADATA_TYPE = Buffer.from('$metadata');
const TOMBSTONE_TYPE = Buffer.from('$streamDeleted');

// The events of one stream in an append. While they wait for the disk, the stream is ahead of itself.
interface Part {
  stream: Stream;
  entries: Entry[];
}

/** Streams over the log: who may append what, where each event is, and who waits for more. */
export class EventLog {
  private readonly recentIds = new RecentIds(RECENT_IDS_MAX);
  // What waits for the disk, in the order of the log.
  private waiting: Entry[] = [];
  // What is before this place in `waiting` is durable already.
  private waitingFrom = 0;
  private readonly followers = new Set<() => void>();
  private readonly streamFollowers = new Map<string, Set<() => void>>();
  private isAnnouncing = false;

  private constructor(
    readonly log: SegmentLog,
    readonly index: StreamIndex,
    /** What was cut off the end of the log at the start, if anything. */
    readonly cut: CutTail | undefined,
    private lastCreatedMs: number,
    private readonly onDamagedLog: (error: Error) => void,
  ) {}

  /** Opens the store in a folder. What the start does not have to read is left to `readRest`. */
  static async open(options: EventLogOptions): Promise<EventLog> {
    const { log, index, cut, lastCreatedMs } = await openTogether(options);
    return new EventLog(log, index, cut, lastCreatedMs, options.onDamagedLog);
  }

  /** Reads what the start left out, beside other work. When it is damaged, the next start reads everything first, and is refused. */
  async readRest(): Promise<void> {
    try {
      await this.log.readRest();
    } catch (error) {
      this.index.distrust();
      this.onDamagedLog(error as Error);
    }
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
        recentRevisionOf: (id) => this.recentRevision(stream, id),
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
    let revision = stream.ahead.last;
    const entries = events.map(({ id, type, isJson, metadata, data }) =>
      this.entry(stream, RecordKind.event, (revision += 1), id, type, isJson, metadata, data, createdMs),
    );
    if (entries.length === 0)
      entries.push(
        this.entry(stream, RecordKind.emptyAppend, Math.max(revision, 0), randomId(), NOTHING, false, NOTHING, NOTHING, createdMs),
      );
    const parts: Part[] = [{ stream, entries }];
    const completing = this.metadataToComplete(stream, decision.revives, events);
    if (completing !== undefined) {
      parts.push({
        stream: completing.stream,
        entries: [this.metadataEntry(completing.stream, completing.revision, completing.json, createdMs)],
      });
    }
    this.write(parts, (error) => {
      if (error) answer(error);
      else answer(undefined, { kind: 'written', revision, position: entries[entries.length - 1]!.position });
    });
  }

  /**
   * Appends events to several streams, all or none, whatever their revisions are. Streams that are deleted for good are left out;
   * ids are not looked at, now or later.
   */
  appendTogether(wanted: { stream: string; events: NewEvent[] }[], done: (error?: Error) => void): void {
    const createdMs = this.now();
    const parts: Part[] = [];
    for (const { stream: name, events } of wanted) {
      if (this.isTombstonedAhead(name)) continue;
      const stream = this.index.forAppend(name);
      let revision = stream.ahead.last;
      const completing = this.metadataToComplete(stream, isSoftDeleted(stream.ahead.metadata), events);
      const entries = events.map(({ id, type, isJson, metadata, data }) =>
        this.entry(stream, RecordKind.event, (revision += 1), id, type, isJson, metadata, data, createdMs),
      );
      parts.push({ stream, entries });
      if (completing !== undefined) {
        const { stream: described, revision: next, json } = completing;
        parts.push({ stream: described, entries: [this.metadataEntry(described, next, json, createdMs)] });
      }
    }
    if (parts.length === 0) this.log.whenDurable(done);
    else this.write(parts, done, false);
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
    this.writeOne(described, this.metadataEntry(described, described.ahead.last + 1, DELETED_METADATA, this.now()), answer);
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
    const entry = this.entry(stream, RecordKind.event, TOMBSTONE_REVISION, randomId(), TOMBSTONE_TYPE, false, NOTHING, NOTHING, this.now());
    this.writeOne(stream, entry, answer);
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

  /** How many wait for more to read. */
  get followerCount(): number {
    let count = this.followers.size;
    for (const followers of this.streamFollowers.values()) count += followers.size;
    return count;
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
    this.write([{ stream, entries: [entry] }], (error) => {
      if (error) answer(error);
      else answer(undefined, { kind: 'written', revision: entry.revision, position: entry.position });
    });
  }

  private write(parts: Part[], done: (error?: Error) => void, areIdsRemembered = true): void {
    for (const { stream, entries } of parts) this.goAhead(stream, entries);
    const all = parts.length === 1 ? parts[0]!.entries : parts.flatMap(({ entries }) => entries);
    this.log.append(all, (error) => {
      if (error) {
        for (const { stream } of parts) this.comeBack(stream);
        // Everything that waits fails together.
        for (const { id, position } of this.waiting.slice(this.waitingFrom)) this.recentIds.forget(id, position);
        this.waiting = [];
        this.waitingFrom = 0;
        done(error);
        return;
      }
      this.noLongerWaiting(all.length);
      for (const { stream, entries } of parts) {
        for (const entry of entries) if (entry.kind === RecordKind.event) this.index.apply(stream, entry);
        this.arrive(stream);
      }
      this.index.reached(this.log.endOf(all[all.length - 1]!));
      done();
      if (!this.isAnnouncing) this.announce();
      if (this.streamFollowers.size === 0) return;
      for (const { stream } of parts) for (const grown of this.streamFollowers.get(stream.name) ?? []) grown();
    });
    for (const entry of all) {
      this.waiting.push(entry);
      if (areIdsRemembered && entry.kind === RecordKind.event) this.recentIds.remember(entry.id, entry.position);
    }
  }

  private noLongerWaiting(count: number): void {
    this.waitingFrom += count;
    if (this.waitingFrom < this.waiting.length && this.waitingFrom < DURABLE_KEPT) return;
    this.waiting.splice(0, this.waitingFrom);
    this.waitingFrom = 0;
  }

  // A stream, and the one that it describes, as they will be when these entries are durable.
  private goAhead(stream: Stream, entries: Entry[]): void {
    const { ahead } = stream;
    ahead.appends += 1;
    for (const entry of entries) {
      if (entry.kind !== RecordKind.event) continue;
      if (entry.revision === TOMBSTONE_REVISION) ahead.isTombstoned = true;
      else ahead.last = entry.revision;
    }
    if (!describesStream(stream.name)) return;
    const described = this.index.forAppend(describedBy(stream.name));
    described.ahead.appends += 1;
    const latest = entries.findLast(({ kind }) => kind === RecordKind.event);
    if (latest !== undefined) described.ahead.metadata = parseMetadata(latest);
  }

  private arrive(stream: Stream): void {
    stream.ahead.appends -= 1;
    if (describesStream(stream.name)) this.index.forAppend(describedBy(stream.name)).ahead.appends -= 1;
  }

  private comeBack(stream: Stream): void {
    const streams = describesStream(stream.name) ? [stream, this.index.forAppend(describedBy(stream.name))] : [stream];
    for (const { ahead, last, metadata, tombstone } of streams) {
      Object.assign(ahead, { last, metadata, isTombstoned: tombstone !== undefined, appends: ahead.appends - 1 });
    }
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
    if (revision > stream.last) return this.waiting.find((entry) => entry.revision === revision && entry.stream === stream.nameBytes)?.id;
    const [position] = this.index.positions(stream, revision, revision);
    return position === undefined ? undefined : this.log.recordNow(position).id;
  }

  // The revision of a recently written event of the stream, durable or on its way, by its id.
  private recentRevision(stream: Stream, id: Buffer): number | undefined {
    const position = this.recentIds.positionOf(id);
    if (position === undefined) return undefined;
    const found = position < this.log.durableEnd ? this.log.recordNow(position) : this.waiting.find((entry) => entry.position === position);
    return found?.id.equals(id) === true && found.stream.equals(stream.nameBytes) ? found.revision : undefined;
  }

  private shownPosition(stream: Stream, revision: number): number | undefined {
    if (revision < firstShown(stream.name, stream.last, stream.metadata)) return undefined;
    return this.index.positions(stream, revision, revision)[0];
  }

  private metadataEntry(stream: Stream, revision: number, json: string, createdMs: number): Entry {
    return this.entry(stream, RecordKind.event, revision, randomId(), METADATA_TYPE, true, NOTHING, Buffer.from(json), createdMs);
  }

  private entry(
    stream: Stream,
    kind: number,
    revision: number,
    id: Buffer,
    type: Buffer,
    isJson: boolean,
    metadata: Uint8Array,
    data: Uint8Array,
    createdMs: number,
  ): Entry {
    return { kind, position: 0, stream: stream.nameBytes, revision, id, type, isJson, metadata, data, createdMs };
  }

  // The clock may jump back, also between two starts; created times never do.
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
