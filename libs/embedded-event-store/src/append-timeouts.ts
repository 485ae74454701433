import type { Answer } from './event-log.js';

/** The disk has not confirmed an append in time. It may still come to be in the log. */
export class AppendTimedOutError extends Error {
  constructor(timeoutMs: number) {
    super(`the disk did not confirm the append within ${timeoutMs} ms; whether it is in the log is not known yet`);
    this.name = 'AppendTimedOutError';
  }
}

interface Waiting {
  sinceMs: number;
  answer: Answer | undefined;
}

/** Answers appends that wait too long for the disk. They become durable in their order, so only the first has to be watched. */
export class AppendTimeouts {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly timeoutMs: number | undefined) {}

  /** What to give the log instead of `answer`; that is called once: with what the log says, or with an AppendTimedOutError. */
  watch(answer: Answer): Answer {
    if (this.timeoutMs === undefined) return answer;
    const entry: Waiting = { sinceMs: performance.now(), answer };
    this.waiting.push(entry);
    this.timer ??= this.wait(this.timeoutMs);
    return (error, outcome) => {
      const { answer: waiting } = entry;
      entry.answer = undefined;
      while (this.waiting.length > 0 && this.waiting[0]!.answer === undefined) this.waiting.shift();
      waiting?.(error, outcome);
    };
  }

  private wait(timeoutMs: number): NodeJS.Timeout {
    const dueMs = (this.waiting[0]?.sinceMs ?? performance.now()) + timeoutMs;
    return setTimeout(() => this.check(timeoutMs), Math.max(1, dueMs - performance.now())).unref();
  }

  private check(timeoutMs: number): void {
    const lateMs = performance.now() - timeoutMs;
    while (this.waiting.length > 0 && (this.waiting[0]!.answer === undefined || this.waiting[0]!.sinceMs <= lateMs)) {
      const late = this.waiting.shift()!;
      const { answer } = late;
      late.answer = undefined;
      answer?.(new AppendTimedOutError(timeoutMs));
    }
    this.timer = this.waiting.length > 0 ? this.wait(timeoutMs) : undefined;
  }
}
