/** Lets a fixed number of pieces of work run at once; the others wait in line. */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly atOnceMax: number) {}

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.atOnceMax) await new Promise<void>((go) => this.waiting.push(go));
    else this.running++;
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
