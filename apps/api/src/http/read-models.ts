import { ReadModelStopped, waitFor, type ReadStore } from '#read-store';
import { ReadModels } from './input.js';

const waitMaxMilliseconds = 5_000;
/** For how long it is taken as known that a read model runs: one look at the store serves all reads in between. */
const knownMilliseconds = 100;

/** Reads wait here until their read models hold what the caller has already seen; a read model that stopped answers nothing. */
export class StoredReadModels extends ReadModels {
  private readonly looks = new Map<string, { until: number; running: Promise<void> }>();

  constructor(private readonly store: ReadStore) {
    super();
  }

  /** Errors: ReadModelBehind after 5 seconds, ReadModelStopped, ReadStoreUnavailable. */
  async reach(models: readonly string[], atLeast: string | undefined): Promise<void> {
    const position = atLeast === undefined ? undefined : BigInt(atLeast);
    await Promise.all(
      models.map(async (name) => {
        await this.runs(name);
        if (position !== undefined) await waitFor(this.store, { name }, position, waitMaxMilliseconds);
      }),
    );
  }

  private runs(name: string): Promise<void> {
    const now = performance.now();
    let look = this.looks.get(name);
    if (!look || look.until < now) {
      look = { until: now + knownMilliseconds, running: this.look(name) };
      this.looks.set(name, look);
      look.running.catch(() => this.looks.delete(name));
    }
    return look.running;
  }

  private async look(name: string): Promise<void> {
    const version = await this.store.servingVersion(name);
    if (version === undefined) return;
    const { stopped } = await this.store.progress(name, version);
    if (stopped) throw new ReadModelStopped(name, BigInt(stopped.position), stopped);
  }
}
