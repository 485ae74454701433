import type { Actor, Fact, Instant } from '#licensing';

/** A fact of the log as a projection's handler is given it: what it says, who did it, when and where it was recorded. */
export interface Recorded<F extends Fact> {
  readonly type: F['type'];
  readonly data: F['data'];
  readonly metadata: { readonly recordedAt: Instant; readonly actor: Actor };
  readonly position: bigint;
  readonly revision: number;
}
