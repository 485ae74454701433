import type { Aggregate } from './aggregate.js';
import { CommandMemory } from './command-memory.js';
import type { KeptCommands } from './command-memory.js';
import type { Position, RecordedEvent } from './event-log.js';
import { recordedFact, sealFacts } from './facts.js';
import type { Draft, RecordedFact } from './facts.js';
import { firstPrevHash } from './hash-chain.js';
import type { FactMetadata } from './metadata.js';
import type { Snapshot } from './snapshots.js';

export interface StateSnapshot<State> extends Snapshot {
  readonly position: Position | undefined;
  readonly recordedAt: string;
  readonly state: State;
  readonly commands: KeptCommands;
}

/** Everything the ledger knows of one stream: the folded state, where it ends, and which commands it took in. */
export class StreamState<State> {
  state: State;
  /** -1 while the stream does not exist. */
  revision = -1;
  position: Position | undefined;
  /** Of the last fact; '' before the first. */
  recordedAt = '';
  hash = firstPrevHash;
  readonly commands = new CommandMemory();
  /** The highest revision seen in the log, by whomever it was written; beyond `revision` when this state is behind. */
  observed = -1;
  /** The state was the whole truth at this moment (performance.now()). */
  freshAt = 0;
  lent = false;
  /** The revision of the latest snapshot. */
  keptAt = -1;

  constructor(
    readonly stream: string,
    private readonly aggregate: Aggregate<State, { type: string; data: object }>,
  ) {
    this.state = aggregate.initial();
  }

  /** Folds in the next fact of the log. */
  take(event: RecordedEvent): void {
    if (event.revision !== this.revision + 1) {
      throw new Error(`${this.stream} has revision ${event.revision} after ${this.revision}: facts are missing`);
    }
    const { commandId, recordedAt, hash } = event.metadata as FactMetadata;
    this.state = this.aggregate.evolve(this.state, event);
    this.revision = event.revision;
    this.position = event.position;
    // Facts that did not come through the ledger are folded like others; there is no command to remember.
    if (commandId === undefined) return;
    this.commands.add(commandId, event.revision, recordedAt);
    this.commands.prune();
    this.recordedAt = recordedAt;
    this.hash = hash;
  }

  /** Folds in what is still to be appended. When that fails, this state is of no use any more, unless it was kept before. */
  takeDraft(draft: Draft): void {
    const { commandId, recordedAt } = draft.metadata;
    for (const { type, dataText } of draft.facts) {
      // A copy: what the state keeps of it may change later, and what is appended must not change with it.
      this.state = this.aggregate.evolve(this.state, { type, data: JSON.parse(dataText) as object });
      this.revision++;
      this.commands.add(commandId, this.revision, recordedAt);
    }
    this.recordedAt = recordedAt;
  }

  /** The drafts that were taken in stand in the log now, and nothing else came before them when they were sent. */
  confirm(position: Position, hash: string, sentAt: number): void {
    this.position = position;
    this.hash = hash;
    this.freshAt = sentAt;
    this.commands.prune();
  }

  /** Given to somebody who reads it before this turn of the event loop ends. */
  lend(): this {
    if (!this.lent) {
      this.lent = true;
      setImmediate(() => (this.lent = false));
    }
    return this;
  }

  /** Keeps what drafts will change; gives back how to return to it. Costs a copy of the state. */
  keep(): () => void {
    const { revision, recordedAt, hash } = this;
    const state = structuredClone(this.state);
    const commands = this.commands.size;
    return () => {
      Object.assign(this, { state, revision, recordedAt, hash });
      this.commands.undo(this.commands.size - commands);
    };
  }

  /** What a draft would lead to; this state stays as it is. */
  preview(draft: Draft): { state: State; facts: RecordedFact[] } {
    let state = structuredClone(this.state);
    const facts = sealFacts(this.stream, [draft], this.revision, this.hash).map((fact) => recordedFact(fact, this.position ?? 0n));
    for (const { type, dataText } of draft.facts) state = this.aggregate.evolve(state, { type, data: JSON.parse(dataText) as object });
    return { state, facts };
  }

  /** All that a later `restore` needs, as it is now. Only while nothing is ahead of the log. */
  snapshot(): StateSnapshot<State> {
    const { revision, position, recordedAt, hash, state, commands } = this;
    return { revision, position, recordedAt, hash, state, commands: commands.kept() };
  }

  restore({ commands, ...kept }: StateSnapshot<State>): void {
    Object.assign(this, kept, { keptAt: kept.revision });
    this.commands.restore(commands);
  }

  get sizeInBytes(): number {
    return Math.ceil(this.aggregate.sizeInBytes(this.state)) + this.commands.sizeInBytes + 500;
  }
}
