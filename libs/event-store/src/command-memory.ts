/** Where the facts of a command stand in its stream; both included. */
export interface CommandPlace {
  readonly first: number;
  readonly last: number;
}

/** All that is remembered, in the form of the structured clone: plain arrays of numbers. */
export interface KeptCommands {
  readonly capacity: number;
  readonly ids: Uint32Array;
  readonly firsts: Uint32Array;
  readonly more: Uint32Array;
  readonly seconds: Uint32Array;
  readonly index: Uint32Array;
  readonly oldest: number;
  readonly count: number;
}

const keptAtLeast = 10_000;
const keptSeconds = 24 * 60 * 60;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Which commands a stream has taken in, and where: what makes a repetition visible. Keeps at least the last 24 hours and at least the last
 * 10,000 commands; what exceeds both is forgotten, counted by the facts' own times, so that every replay forgets the same (ADR 020).
 * A queue in arrays of numbers with a hash index beside it: about 40 bytes a command, where a Map of texts would take 150.
 */
export class CommandMemory {
  private capacity = 16;
  /** Of each remembered command: its id in four words, its first revision, how many more facts it has, and when (seconds). */
  private ids = new Uint32Array(this.capacity * 4);
  private firsts = new Uint32Array(this.capacity);
  private more = new Uint32Array(this.capacity);
  private seconds = new Uint32Array(this.capacity);
  /** Slot + 1 of a command, 0 when free; open addressing over twice the capacity. */
  private index = new Uint32Array(this.capacity * 2);
  private oldest = 0;
  private count = 0;
  /** The words of the id that was asked for last; it is usually asked for again. */
  private readonly sought = new Uint32Array(4);
  private soughtId = '';

  get size(): number {
    return this.count;
  }

  get sizeInBytes(): number {
    return this.capacity * 36 + 200;
  }

  /** Where the command stands; undefined when it is not remembered. Errors: TypeError when the id is not a UUID. */
  find(commandId: string): CommandPlace | undefined {
    this.read(commandId);
    const at = this.index[this.cellOf(this.sought, 0)]!;
    if (at === 0) return undefined;
    const first = this.firsts[at - 1]!;
    return { first, last: first + this.more[at - 1]! };
  }

  /** Takes in one fact, in the order of the stream. Facts of the same command follow each other. Forgets nothing: see `prune`. */
  add(commandId: string, revision: number, recordedAt: string): void {
    this.read(commandId);
    const cell = this.cellOf(this.sought, 0);
    const at = this.index[cell]!;
    if (at > 0) {
      this.more[at - 1] = revision - this.firsts[at - 1]!;
      return;
    }
    if (this.count === this.capacity) this.grow();
    const slot = (this.oldest + this.count++) % this.capacity;
    this.ids.set(this.sought, slot * 4);
    this.firsts[slot] = revision;
    this.more[slot] = 0;
    this.seconds[slot] = Math.floor(Date.parse(recordedAt) / 1000);
    this.index[this.cellOf(this.ids, slot * 4)] = slot + 1;
  }

  /** Forgets what exceeds both bounds, now that the stream has come to its newest command. */
  prune(): void {
    const newest = this.seconds[(this.oldest + this.count - 1) % this.capacity]!;
    while (this.count > keptAtLeast && this.seconds[this.oldest]! + keptSeconds + 1 < newest) {
      this.release(this.cellOf(this.ids, this.oldest * 4));
      this.oldest = (this.oldest + 1) % this.capacity;
      this.count--;
    }
  }

  /** Takes back the last commands that were added, as if they had never come. */
  undo(commands: number): void {
    for (let undone = 0; undone < commands; undone++) {
      this.count--;
      this.release(this.cellOf(this.ids, ((this.oldest + this.count) % this.capacity) * 4));
    }
  }

  kept(): KeptCommands {
    const { capacity, ids, firsts, more, seconds, index, oldest, count } = this;
    return { capacity, ids, firsts, more, seconds, index, oldest, count };
  }

  /** Remembers what was kept, and nothing else. */
  restore({ capacity, ids, firsts, more, seconds, index, oldest, count }: KeptCommands): void {
    // Copies: what was read from a file may be a view of all of it.
    Object.assign(this, { capacity, oldest, count, soughtId: '' });
    [this.ids, this.firsts, this.more, this.seconds, this.index] = [
      ids.slice(),
      firsts.slice(),
      more.slice(),
      seconds.slice(),
      index.slice(),
    ];
  }

  /** Frees a cell and moves up what was pushed past it, so that no search ends too early. */
  private release(free: number): void {
    const mask = this.index.length - 1;
    let cell = free;
    for (;;) {
      cell = (cell + 1) & mask;
      const at = this.index[cell]!;
      if (at === 0) break;
      const home = cellWanted(this.ids, (at - 1) * 4) & mask;
      if (((cell - home) & mask) >= ((cell - free) & mask)) {
        this.index[free] = at;
        free = cell;
      }
    }
    this.index[free] = 0;
  }

  /** The cell that holds this id, or the free one where it belongs. */
  private cellOf(words: Uint32Array, offset: number): number {
    const mask = this.index.length - 1;
    let cell = cellWanted(words, offset) & mask;
    for (;;) {
      const at = this.index[cell]!;
      if (at === 0) return cell;
      const id = (at - 1) * 4;
      if (
        this.ids[id] === words[offset] &&
        this.ids[id + 1] === words[offset + 1] &&
        this.ids[id + 2] === words[offset + 2] &&
        this.ids[id + 3] === words[offset + 3]
      ) {
        return cell;
      }
      cell = (cell + 1) & mask;
    }
  }

  private read(commandId: string): void {
    if (commandId === this.soughtId) return;
    this.soughtId = '';
    if (!uuid.test(commandId)) throw new TypeError(`a command id is a UUID, not ${JSON.stringify(commandId)}`);
    this.sought[0] = Number.parseInt(commandId.slice(0, 8), 16);
    this.sought[1] = Number.parseInt(commandId.slice(9, 13) + commandId.slice(14, 18), 16);
    this.sought[2] = Number.parseInt(commandId.slice(19, 23) + commandId.slice(24, 28), 16);
    this.sought[3] = Number.parseInt(commandId.slice(28, 36), 16);
    this.soughtId = commandId;
  }

  private grow(): void {
    const old = {
      ids: this.ids,
      firsts: this.firsts,
      more: this.more,
      seconds: this.seconds,
      capacity: this.capacity,
      oldest: this.oldest,
    };
    this.capacity = old.capacity * 2;
    this.ids = new Uint32Array(this.capacity * 4);
    this.firsts = new Uint32Array(this.capacity);
    this.more = new Uint32Array(this.capacity);
    this.seconds = new Uint32Array(this.capacity);
    this.index = new Uint32Array(this.capacity * 2);
    this.oldest = 0;
    for (let slot = 0; slot < this.count; slot++) {
      const from = (old.oldest + slot) % old.capacity;
      this.ids.set(old.ids.subarray(from * 4, from * 4 + 4), slot * 4);
      this.firsts[slot] = old.firsts[from]!;
      this.more[slot] = old.more[from]!;
      this.seconds[slot] = old.seconds[from]!;
      this.index[this.cellOf(this.ids, slot * 4)] = slot + 1;
    }
  }
}

/** Every bit of the id counts: in a UUIDv7 the leading ones hardly change. */
function cellWanted(words: Uint32Array, offset: number): number {
  const mixed = words[offset]! ^ words[offset + 1]! ^ words[offset + 2]! ^ words[offset + 3]!;
  return Math.imul(mixed, 0x9e3779b1) >>> 7;
}
