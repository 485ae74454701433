import { Rejected } from '#licensing';

/** Lets a fixed number of pieces of work run at once; others wait in line, up to a number. Who comes after that is sent away instead of waiting for ever. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnceMax: number,
    private readonly waitingMax: number,
  ) {}

  /** Errors: TOO_MANY_REQUESTS when the line is full; those of the work. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running < this.atOnceMax) this.running++;
    else if (this.waiting.length < this.waitingMax) await new Promise<void>((go) => this.waiting.push(go));
    else throw new Rejected('TOO_MANY_REQUESTS', `${this.waitingMax} others wait for the same kind of work`, { waiting: this.waitingMax });
    try {
      return await work();
    } finally {
      // The place is handed on, so nobody who comes now can take it from who waits.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
