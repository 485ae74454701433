import { BehaviorSubject, filter, firstValueFrom, fromEvent, map, merge } from 'rxjs';
import type { Position } from '#event-store';

interface Step {
  readonly position: Position;
  done: boolean;
}

/** How far everything is done, when things that begin in order end in any order. */
export class Progress {
  private readonly steps: Step[] = [];
  private first = 0;
  private readonly reached: BehaviorSubject<Position | undefined>;

  constructor(start: Position | undefined) {
    this.reached = new BehaviorSubject(start);
  }

  /** Everything up to here, included, is done. */
  get position(): Position | undefined {
    return this.reached.value;
  }

  /** How many have begun and stand at or behind the first that is not done. */
  get waiting(): number {
    return this.steps.length - this.first;
  }

  /** How many are remembered; it stays bounded while things get done. */
  get kept(): number {
    return this.steps.length;
  }

  /** Something at this position begins; positions come in order. Call the answer when it is done. */
  begin(position: Position): () => void {
    const step: Step = { position, done: false };
    this.steps.push(step);
    return () => {
      step.done = true;
      this.advance();
    };
  }

  /** Settles when all up to a position is done; rejects when the signal is aborted. */
  async reaches(position: Position, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const there = this.reached.pipe(
      filter((reached) => reached !== undefined && reached >= position),
      map(() => true),
    );
    if (!(await firstValueFrom(merge(there, fromEvent(signal, 'abort').pipe(map(() => false)))))) throw signal.reason;
  }

  private advance(): void {
    let last: Position | undefined;
    for (; this.steps[this.first]?.done; this.first += 1) last = this.steps[this.first]!.position;
    if (last === undefined) return;
    // Cut now and then, not at every step: a shift of a long array costs its length.
    if (this.first > 1_000 && this.first * 2 > this.steps.length) this.first -= this.steps.splice(0, this.first).length;
    this.reached.next(last);
  }
}
