/** A kind of stream and how its facts fold into the state that decisions read. Plain objects of the domain have this shape. */
export interface Aggregate<State, Fact extends { type: string; data: object }> {
  /** The streams are named `<category>-<id>`. */
  readonly category: string;
  initial(): State;
  /** May change the state it is given, which it owns, and returns it. Never throws; ignores what it does not know. */
  evolve(state: State, fact: Fact): State;
  /** About how much memory the state takes; cheap to tell. */
  sizeInBytes(state: State): number;
}

/** What a decision is asked with: the validated command, and what the server added. */
export type Decide<State, Command, Fact> = (state: State, command: Command, now: string) => readonly Fact[];
