import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Ledger, Position } from '#event-store';
import { noteDeadlinesFired, sandboxClockId, sandboxTime, type SandboxClock } from '#platform';
import { pause, type Deadlines } from './deadlines.js';
import type { Progress } from './progress.js';

/** An automation that brings licenses into pools. */
export interface Bringing {
  readonly progress: Progress;
  /** Where the latest of what it brought was recorded. */
  readonly latest: Position | undefined;
}

/**
 * In the sandbox: whenever the clock was moved, fires all that fell due by then, and says so by a DeadlinesFired, which the mover waits for.
 * A move that nobody had finished firing when this process was killed is fired after its restart.
 */
export class SandboxDeadlines {
  constructor(
    private readonly clock: SandboxClock,
    private readonly bringing: readonly Bringing[],
    private readonly deadlines: Deadlines,
    private readonly ledger: Ledger,
  ) {}

  async run(lastPoolFact: Position | undefined, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const { now, firedUpTo, position: movedAt } = this.clock.told.value;
        // What was given or ordered before the move has to arrive before the receiver's deadlines are complete.
        if (movedAt !== undefined) await Promise.all(this.bringing.map(({ progress }) => progress.reaches(movedAt, signal)));
        const seen = [lastPoolFact, movedAt, ...this.bringing.map(({ latest: arrived }) => arrived)].filter(
          (position) => position !== undefined,
        );
        const fired = await this.deadlines.fireAll(this.clock.nowText(), latest(seen), signal);
        if (now !== undefined && now !== firedUpTo) await this.note(now, fired);
        const over = new AbortController();
        const either = AbortSignal.any([signal, over.signal]);
        await Promise.race([pause(either), this.clock.tells((told) => told.now !== now, either).catch(() => {})]);
        over.abort();
      } catch (error) {
        if (!signal.aborted) await this.deadlines.tryLater(error, signal);
      }
    }
  }

  private async note(now: string, fired: number): Promise<void> {
    const context = {
      commandId: uuidv7(),
      inputHash: createHash('sha256').update(`noteDeadlinesFired ${now}`).digest('hex'),
      correlationId: uuidv7(),
      actor: { userId: 'deadlines', role: 'system' as const },
    };
    await this.ledger.record(sandboxTime, sandboxClockId, { now, fired, context }, noteDeadlinesFired);
  }
}

function latest(positions: readonly Position[]): Position | undefined {
  return positions.reduce<Position | undefined>(
    (highest, position) => (highest === undefined || position > highest ? position : highest),
    undefined,
  );
}
