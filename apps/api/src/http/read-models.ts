import { setTimeout as pause } from 'node:timers/promises';
import { Rejected } from '#licensing';
import type { ReadStore } from '#read-store';
import { ReadModels } from './input.js';

const waitMaxMilliseconds = 5_000;
const lookAgainMilliseconds = 10;

/** Reads wait here until their read models hold what the caller has already seen. */
export class StoredReadModels extends ReadModels {
  constructor(private readonly store: ReadStore) {
    super();
  }

  async reach(models: readonly string[], atLeast: string | undefined): Promise<void> {
    await Promise.all(models.map((model) => this.reachOne(model, atLeast === undefined ? undefined : BigInt(atLeast))));
  }

  private async reachOne(model: string, atLeast: bigint | undefined): Promise<void> {
    const until = performance.now() + waitMaxMilliseconds;
    for (;;) {
      const version = await this.store.servingVersion(model);
      const { position, stopped } = version === undefined ? { position: undefined } : await this.store.progress(model, version);
      if (stopped)
        throw new Rejected('READ_MODEL_STOPPED', `${model} stopped at position ${stopped.position}: ${stopped.reason}`, {
          model,
          ...stopped,
        });
      if (atLeast === undefined || (position ?? -1n) >= atLeast) return;
      if (performance.now() > until) {
        const reached = position?.toString() ?? null;
        throw new Rejected('READ_MODEL_BEHIND', `${model} has reached ${reached ?? 'nothing'}, not ${atLeast}`, {
          model,
          reached,
          atLeast: String(atLeast),
        });
      }
      await pause(lookAgainMilliseconds);
    }
  }
}
