import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { Ledger, type Receipt } from '#event-store';
import { Rejected } from '#licensing';
import { moveClock, SandboxClock, sandboxClockId, sandboxTime, startClock, type Clock, type ToldTime } from '#platform';
import { projections } from '#projections';
import { ReadModelBehind, ReadModelStopped, waitFor, type ReadStore } from '#read-store';
import { CLOCK, READ_STORE } from '../parts.js';
import type { MoveClock } from './sandbox.commands.js';

/** Firing the deadlines of a large sandbox takes its time; the caller may ask again for the same time and goes on waiting. */
const waitMilliseconds = 120_000;

/** Knows when all that fell due by a move of the clock has happened and can be seen. */
@Injectable()
export class SandboxDeadlines implements OnModuleInit, OnModuleDestroy {
  private readonly closing = new AbortController();

  constructor(
    @Inject(CLOCK) private readonly productClock: Clock,
    @Inject(READ_STORE) private readonly readStore: ReadStore,
    private readonly ledger: Ledger,
  ) {}

  /** The sandbox's time begins when its first API does. */
  async onModuleInit(): Promise<void> {
    if (!(this.productClock instanceof SandboxClock)) return;
    const context = {
      commandId: uuidv7(),
      inputHash: createHash('sha256').update('startClock').digest('hex'),
      correlationId: uuidv7(),
      actor: { userId: 'sandbox', role: 'system' as const },
    };
    await this.ledger.record(sandboxTime, sandboxClockId, { now: this.productClock.nowText(), context }, startClock);
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }

  /** Errors: ROUTE_NOT_FOUND where time cannot be moved. */
  get clock(): SandboxClock {
    if (this.productClock instanceof SandboxClock) return this.productClock;
    throw new Rejected('ROUTE_NOT_FOUND', 'The clock is moved in the sandbox only: start with --sandbox.');
  }

  /** Errors: CLOCK_BACKWARDS; ROUTE_NOT_FOUND. */
  async move(command: MoveClock): Promise<Receipt> {
    // Asked for its refusal: outside the sandbox nothing is recorded.
    void this.clock;
    return this.ledger.record(sandboxTime, sandboxClockId, command, moveClock);
  }

  /** Waits until the deadlines of a time were fired and every read model shows what came of it. Errors: READ_MODEL_BEHIND, READ_MODEL_STOPPED. */
  async fired(now: string): Promise<ToldTime> {
    const inTime = AbortSignal.any([this.closing.signal, AbortSignal.timeout(waitMilliseconds)]);
    try {
      const told = await this.clock.tells(({ firedUpTo }) => firedUpTo !== undefined && firedUpTo >= now, inTime);
      await Promise.all(projections.map((projection) => waitFor(this.readStore, projection, told.position!, waitMilliseconds)));
      return told;
    } catch (error) {
      if (error instanceof ReadModelStopped) throw new Rejected('READ_MODEL_STOPPED', error.message, { model: error.projection });
      if (error instanceof ReadModelBehind || inTime.aborted)
        throw new Rejected(
          'READ_MODEL_BEHIND',
          `The clock stands at ${now}, but not all that fell due by then is seen yet: ask again for the same time.`,
          {
            now,
          },
        );
      throw error;
    }
  }
}
