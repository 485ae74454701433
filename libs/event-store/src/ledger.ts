import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Aggregate, Decide } from './aggregate.js';
import type { CommandPlace } from './command-memory.js';
import { AppendUnknown, LogUnavailable, RevisionConflict } from './event-log.js';
import type { Appended, EventLog, NewEvent, Position, RecordedEvent } from './event-log.js';
import { sealFacts } from './facts.js';
import { decideGroup } from './group.js';
import type { AnyFact, Group, Receipt, Waiting } from './group.js';
import { IdempotencyKeyReused, OutcomeUnknown, TooManyConflicts } from './ledger-errors.js';
import type { CommandContext, FactMetadata } from './metadata.js';
import type { Snapshots } from './snapshots.js';
import { StreamState } from './stream-state.js';
import type { StateSnapshot } from './stream-state.js';
import type { Witness } from './witness.js';

export interface LedgerOptions {
  readonly log: EventLog;
  /** The product's clock: RFC 3339, UTC, milliseconds. */
  readonly now: () => string;
  /** What the cached states may take together; 256 MiB by default. */
  readonly cacheBytesMax?: number;
  /** Data and metadata of one append; 256 KiB by default, well below the server's limit of 1 MiB. */
  readonly appendBytesMax?: number;
  /** How often a command is decided because others write to its stream; 8 by default. */
  readonly attemptsMax?: number;
  /** How long an append with an unknown outcome is repeated; 20,000 by default. */
  readonly unknownMsMax?: number;
  /** How long is waited until a revision that was seen can be read, because a disk is slow or a node behind; 10,000 by default. */
  readonly unreadableMsMax?: number;
  /** Where states are kept, so that large ones are not folded from their first fact again; absent: nowhere. */
  readonly snapshots?: Snapshots;
  /** A state is kept when it has come so many facts further; 10,000 by default. */
  readonly snapshotEvery?: number;
  /** Told of all that was recorded; absent: nobody. */
  readonly witness?: Pick<Witness, 'note'>;
}

/** A state as it stands in the log. The ledger owns it and goes on changing it: read it at once, keep nothing of it, change nothing. */
export interface Loaded<State> {
  readonly state: State;
  /** -1: there is no such stream. */
  readonly revision: number;
  readonly position: Position | undefined;
}

type AnyAggregate = Aggregate<unknown, AnyFact>;

/** The commands of one stream that wait while others are being recorded. */
interface Lane {
  waiting: Waiting[];
  /** A group is being recorded: nobody else begins to bring the state up to date, for it may hold facts that do not stand in the log yet. */
  holding: boolean;
  /** It does hold such facts. */
  ahead: boolean;
  /** The highest revision that a refused append told of, which may not be readable yet; -1 for none. */
  observed: number;
  /** Those who want to read the state when the group is over. */
  readers: (() => void)[];
}

/** So many commands are decided in one go at the most, whatever comes of them: other streams want their turn. */
const groupMax = 1_000;

/** One read of a stream's facts, shared by all who wait for it. */
interface Load {
  observed: number;
  state?: Promise<StreamState<unknown>>;
}

/**
 * The only write path. A command is decided on the state of its stream, and its facts are appended exactly behind that state: if anybody else
 * was faster, it is decided again. Commands for the same stream are decided one after the other and appended together. What a command recorded
 * is found again by its id, so it is recorded once however often it is sent. Why it is so: docs/decisions/020-one-write-path.md.
 */
export class Ledger {
  private readonly log: EventLog;
  private readonly limits: { readonly now: () => string; readonly appendBytesMax: number };
  private readonly attemptsMax: number;
  private readonly unknownMsMax: number;
  private readonly unreadableMsMax: number;
  private readonly snapshots: Snapshots | undefined;
  private readonly snapshotEvery: number;
  private readonly witness: Pick<Witness, 'note'> | undefined;
  private readonly cache: LRUCache<string, StreamState<unknown>>;
  private readonly lanes = new Map<string, Lane>();
  private readonly loads = new Map<string, Load>();
  /** Streams that others were faster on a moment ago. */
  private readonly contended = new LRUCache<string, true>({ max: 1_000, ttl: 10_000 });
  private readonly idlers: (() => void)[] = [];

  constructor(options: LedgerOptions) {
    this.log = options.log;
    this.limits = { now: options.now, appendBytesMax: options.appendBytesMax ?? 256 * 1024 };
    this.attemptsMax = options.attemptsMax ?? 8;
    this.unknownMsMax = options.unknownMsMax ?? 20_000;
    this.unreadableMsMax = options.unreadableMsMax ?? 10_000;
    this.snapshots = options.snapshots;
    this.snapshotEvery = options.snapshotEvery ?? 10_000;
    this.witness = options.witness;
    this.cache = new LRUCache({ maxSize: options.cacheBytesMax ?? 256 * 1024 * 1024, sizeCalculation: (state) => state.sizeInBytes });
  }

  /**
   * Decides a command on the stream `<category>-<id>` and records what it decides; nothing new (`[]`) is answered with the stream's present end.
   * Errors, all without anything appended: what `decide` throws, ExpectedRevisionMismatch, IdempotencyKeyReused, CommandTooLarge, NotCanonical,
   * TooManyConflicts, LogUnavailable. Its subclass OutcomeUnknown says that the facts may be there: the same command again finds out.
   */
  record<State, Fact extends AnyFact, Command>(
    aggregate: Aggregate<State, Fact>,
    id: string,
    command: Command & { readonly context: CommandContext },
    decide: Decide<State, Command & { readonly context: CommandContext }, Fact>,
  ): Promise<Receipt<Fact, State>> {
    const stream = streamName(aggregate.category, id);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        command,
        decide: decide as unknown as Waiting['decide'],
        arrivedAt: performance.now(),
        attempts: 0,
        resolve: resolve as unknown as Waiting['resolve'],
        reject,
      };
      const lane = this.lanes.get(stream);
      if (lane !== undefined) lane.waiting.push(waiting);
      else void this.run(stream, aggregate as unknown as AnyAggregate, waiting);
    });
  }

  /**
   * The state of a stream, for a decision about another one; at most as old as `follow` is behind, or, when it has to be `anew`, as it stands in
   * the log now. Errors: LogUnavailable.
   */
  async load<State, Fact extends AnyFact>(aggregate: Aggregate<State, Fact>, id: string, anew = false): Promise<Loaded<State>> {
    const stream = streamName(aggregate.category, id);
    const since = anew ? performance.now() : -1;
    for (let state = this.current(stream); ;) {
      const lane = this.lanes.get(stream);
      // While it was read, a lane may have gone ahead of the log with it; and a read that somebody else had begun may have begun too early.
      if (state !== undefined && state.freshAt >= since && lane?.ahead !== true) return state.lend() as Loaded<State>;
      if (lane?.holding === true && !this.loads.has(stream)) {
        await new Promise<void>((resolve) => lane.readers.push(resolve));
        state = this.current(stream);
      } else state = await this.refresh(stream, aggregate as unknown as AnyAggregate);
    }
  }

  /**
   * Follows what is written by anybody to the streams that `load` is asked for, until the signal: it makes the cached states old. Streams on which
   * commands are only recorded need not be followed, an append finds out. Errors: PositionUnknown.
   */
  async follow(options: Parameters<EventLog['follow']>[0]): Promise<void> {
    for await (const item of this.log.follow(options)) {
      if (item.kind !== 'event') continue;
      const { stream, revision } = item.event;
      for (const seen of [this.cache.peek(stream), this.loads.get(stream)]) {
        if (seen !== undefined && revision > seen.observed) seen.observed = revision;
      }
    }
  }

  /** Resolves when no command waits any more. */
  async idle(): Promise<void> {
    while (this.lanes.size > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  private async run(stream: string, aggregate: AnyAggregate, first: Waiting): Promise<void> {
    const lane: Lane = { waiting: [first], holding: false, ahead: false, observed: -1, readers: [] };
    this.lanes.set(stream, lane);
    // What else arrives in this turn goes into the same append.
    await undefined;
    while (lane.waiting.length > 0) {
      const waiting = lane.waiting.splice(0, groupMax);
      lane.holding = true;
      try {
        await this.recordGroup(stream, aggregate, lane, waiting);
      } catch (error) {
        // The state could not be read, or folded: nobody in this group was answered yet.
        this.cache.delete(stream);
        // What cannot be read after all may be gone: a store that was killed told of it before it was on the disk.
        lane.observed = -1;
        for (const { reject } of waiting) reject(error);
      }
      lane.holding = lane.ahead = false;
      for (const read of lane.readers.splice(0)) read();
      // Readers and those who were answered come before the next group moves the state on.
      if (lane.waiting.length > 0) await nextTurn();
    }
    this.lanes.delete(stream);
    if (this.lanes.size === 0) for (const rest of this.idlers.splice(0)) rest();
  }

  /** Decides as many commands as one append can take, appends, answers. What has to wait goes back to the lane, in order. */
  private async recordGroup(stream: string, aggregate: AnyAggregate, lane: Lane, waiting: Waiting[]): Promise<void> {
    const state = this.current(stream) ?? (await this.refresh(stream, aggregate));
    if (state.lent) {
      // Who was given the state in this turn reads it as it stands in the log; who asks from now on waits.
      lane.ahead = true;
      await nextTurn();
    }
    const { revision, hash } = state;
    // Where others write too, a copy of the state is cheaper than reading the whole stream again after a conflict.
    const goBack = this.contended.has(stream) ? state.keep() : undefined;
    const group = decideGroup(state, waiting, this.limits);
    lane.ahead = group.drafts.length > 0;
    lane.waiting = [...group.rest, ...lane.waiting];
    for (const { waiting: repetition, place } of group.repeated) void this.answerAgain(stream, repetition, place);
    if (group.members.length === 0) return;
    try {
      if (group.drafts.length === 0) {
        if (await this.isWholeTruth(state, aggregate, group)) for (const answer of group.answers) answer();
        else lane.waiting = [...group.members, ...lane.waiting];
        return;
      }
      const sealed = sealFacts(stream, group.drafts, revision, hash);
      const sentAt = performance.now();
      const appended = await this.appendSurely(stream, sealed, revision);
      state.confirm(appended.position, sealed.at(-1)!.sealed.hash, sentAt);
      this.cache.set(stream, state);
      for (const answer of group.answers) answer(appended, sealed);
      const hashes = sealed.map((fact) => fact.sealed.hash);
      // Where an append stands that had to be repeated is told by some servers, and guessed by others.
      if (!appended.wasRepeated) this.witness?.note(appended.position, hashes);
      this.keep(state);
    } catch (error) {
      // The state went further than the log.
      if (goBack !== undefined && error instanceof RevisionConflict && (error.actualRevision ?? Infinity) > revision) {
        goBack();
        state.observed = Math.max(state.observed, revision + 1);
      } else this.cache.delete(stream);
      if (error instanceof RevisionConflict) lane.observed = Math.max(lane.observed, error.actualRevision ?? -1);
      if (error instanceof RevisionConflict) await this.decideAgain(stream, lane, group);
      else for (const { reject } of group.members) reject(error);
    }
  }

  /**
   * A refusal, or that there is nothing new, is true only if nobody else wrote to the stream: an append would have found out; without one,
   * the log is asked. Not needed when the state was read after the commands came.
   */
  private async isWholeTruth(state: StreamState<unknown>, aggregate: AnyAggregate, group: Group): Promise<boolean> {
    const { revision } = state;
    const arrivedAt = group.members.reduce((latest, member) => Math.max(latest, member.arrivedAt), 0);
    let confirmed = state;
    // A read that somebody else had begun may have begun too early.
    while (confirmed.freshAt < arrivedAt) confirmed = await this.refresh(state.stream, aggregate);
    return confirmed.revision === revision;
  }

  /** Everybody is decided again on what now stands in the log, and those whose append was recorded after all are found there. */
  private async decideAgain(stream: string, lane: Lane, group: Group): Promise<void> {
    this.contended.set(stream, true);
    const again = group.members.filter((member) => {
      member.attempts++;
      if (member.attempts >= this.attemptsMax) member.reject(new TooManyConflicts(stream, member.attempts));
      return member.attempts < this.attemptsMax;
    });
    lane.waiting = [...again, ...lane.waiting];
    if (again.length > 0) await pause(Math.random() * 4 * again[0]!.attempts);
  }

  /** An append whose outcome is unknown is repeated unchanged: same ids, same bytes, same revision. That writes it once. */
  private async appendSurely(stream: string, facts: readonly NewEvent[], revision: number): Promise<Appended & { wasRepeated: boolean }> {
    const startedAt = performance.now();
    for (let attempt = 0; ; attempt++) {
      try {
        return { ...(await this.log.append(stream, facts, revision)), wasRepeated: attempt > 0 };
      } catch (error) {
        const unknown = error instanceof AppendUnknown || (attempt > 0 && error instanceof LogUnavailable);
        if (!unknown) throw error;
        const waitedMs = Math.round(performance.now() - startedAt);
        if (waitedMs > this.unknownMsMax) throw new OutcomeUnknown(stream, waitedMs, { cause: error });
        await pause(Math.min(1_000, 25 * 2 ** attempt) * (0.5 + Math.random()));
      }
    }
  }

  private async answerAgain(stream: string, { command, resolve, reject }: Waiting, { first, last }: CommandPlace): Promise<void> {
    try {
      const { commandId, inputHash } = command.context;
      const events: RecordedEvent[] = [];
      for await (const event of this.log.readStream(stream, { fromRevision: first, limit: last - first + 1 })) events.push(event);
      const metadata = events.at(-1)?.metadata as FactMetadata | undefined;
      if (events.length !== last - first + 1 || metadata?.commandId !== commandId)
        throw new Error(`${stream} lost the facts of ${commandId}`);
      if (metadata.inputHash !== inputHash) throw new IdempotencyKeyReused(stream, commandId);
      let { position } = events.at(-1)!;
      if (metadata.appendEnd !== undefined) {
        for await (const end of this.log.readStream(stream, { fromRevision: metadata.appendEnd, limit: 1 })) position = end.position;
      }
      const facts = events.map(({ id, type, data, metadata, revision }) => ({
        id,
        type,
        data,
        metadata: metadata as FactMetadata,
        revision,
        position,
      }));
      resolve({ stream, revision: last, position, facts, replayed: true, dryRun: false });
    } catch (error) {
      reject(error);
    }
  }

  /** The cached state if it is as new as anything seen of the stream, and nobody is reading it anew. */
  private current(stream: string): StreamState<unknown> | undefined {
    const state = this.cache.get(stream);
    return state === undefined || state.observed > state.revision || this.loads.has(stream) ? undefined : state;
  }

  /** Brings the state up to the end of the stream, or builds it from the start. One read at a time for a stream. */
  private refresh(stream: string, aggregate: AnyAggregate): Promise<StreamState<unknown>> {
    const running = this.loads.get(stream);
    if (running?.state !== undefined) return running.state;
    const load: Load = { observed: this.lanes.get(stream)?.observed ?? -1 };
    this.loads.set(stream, load);
    load.state = this.read(stream, aggregate, load).finally(() => this.loads.delete(stream));
    return load.state;
  }

  private async read(stream: string, aggregate: AnyAggregate, load: Load): Promise<StreamState<unknown>> {
    let state = this.cache.peek(stream);
    try {
      state ??= await this.begun(stream, aggregate);
      const begunAt = performance.now();
      for (let attempt = 0; ; attempt++) {
        const startedAt = performance.now();
        for await (const event of this.log.readStream(stream, { fromRevision: state.revision + 1 })) state.take(event);
        state.freshAt = startedAt;
        const observed = Math.max(state.observed, load.observed);
        if (observed <= state.revision) break;
        // It was written while this was read, is still on its way to the disk, or the node that was asked lags behind the one that told.
        if (startedAt - begunAt > this.unreadableMsMax)
          throw new LogUnavailable(`${stream} was seen at revision ${observed}, but can be read up to ${state.revision} only`);
        await pause(Math.min(10 * attempt, 100));
      }
    } catch (error) {
      this.cache.delete(stream);
      throw error;
    }
    if (state.revision >= 0) this.cache.set(stream, state);
    this.keep(state);
    return state;
  }

  /** As it was kept, if the log still holds the fact it ends with: its hash stands for all that came before. Else from nothing. */
  private async begun(stream: string, aggregate: AnyAggregate): Promise<StreamState<unknown>> {
    const state = new StreamState(stream, aggregate);
    const kept = await this.snapshots?.read<StateSnapshot<unknown>>(stream);
    if (kept === undefined) return state;
    for await (const { metadata } of this.log.readStream(stream, { fromRevision: kept.revision, limit: 1 })) {
      if ((metadata as FactMetadata).hash === kept.hash) state.restore(kept);
    }
    return state;
  }

  private keep(state: StreamState<unknown>): void {
    if (this.snapshots === undefined || state.revision - state.keptAt < this.snapshotEvery) return;
    state.keptAt = state.revision;
    this.snapshots.write(state.stream, state.snapshot());
  }
}

/** Names are printable ASCII: errors about others lose their meaning on the way (ADR 013). */
function streamName(category: string, id: string): string {
  const name = `${category}-${id}`;
  if (!/^[\x21-\x7e]+$/.test(name)) throw new TypeError(`a stream's name is printable ASCII, not ${JSON.stringify(name)}`);
  return name;
}
