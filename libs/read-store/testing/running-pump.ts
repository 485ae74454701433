import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../src/wait.js';
import { Pump } from '../src/pump.js';
import type { PumpOptions } from '../src/pump.js';
import type { Projection } from '../src/projection.js';
import { ReadStoreUnavailable } from '../src/read-store.js';
import type { ReadStore } from '../src/read-store.js';

/** What was logged, to be asserted and otherwise silent. */
export class Said {
  readonly lines: string[] = [];
  readonly logger = { info: this.#say.bind(this), warn: this.#say.bind(this), error: this.#say.bind(this) };

  #say(_fields: object, message: string): void {
    this.lines.push(message);
  }
}

export interface RunningPump {
  readonly pump: Pump;
  /** How the run ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export function runPump(options: Omit<PumpOptions, 'logger'> & Partial<Pick<PumpOptions, 'logger'>>): RunningPump {
  const stopping = new AbortController();
  const pump = new Pump({ logger: new Said().logger, ...options });
  const ended = pump.run(stopping.signal);
  ended.catch(() => undefined);
  return {
    pump,
    ended,
    async stop() {
      stopping.abort();
      await ended.catch(() => undefined);
    },
  };
}

/** Waits until what serves has come this far, however long the store cannot be reached meanwhile. */
export async function reached(store: ReadStore, projection: Projection<any>, position: bigint): Promise<void> {
  for (;;) {
    try {
      await waitFor(store, projection, position, 60_000);
      return;
    } catch (error) {
      if (!(error instanceof ReadStoreUnavailable)) throw error;
      await pause(20);
    }
  }
}

export async function dumped(store: ReadStore, projection: Projection<any>): Promise<string[]> {
  const version = await store.servingVersion(projection.name);
  const lines: string[] = [];
  for await (const line of store.dump(projection.name, version ?? 0)) lines.push(line);
  return lines;
}
