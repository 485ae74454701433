import type { EventLog } from '#event-store';
import { codeVersionOf, type Projection, type ReadStore } from '#read-store';
import type { HealthAnswer, ReadModelHealthAnswer, StoreHealthAnswer } from './health.answers.js';

const patienceMilliseconds = 2_000;
/** Probes and metrics that come together share one look. */
const knownMilliseconds = 200;

/** Looks at both stores and at how far each read model has come. Never fails, and never takes longer than its patience. */
export class Health {
  private last: { readonly at: number; readonly answer: Promise<HealthAnswer> } | undefined;

  constructor(
    private readonly eventLog: Pick<EventLog, 'end'>,
    private readonly readStore: Pick<ReadStore, 'ping' | 'servingVersion' | 'versions' | 'progress'>,
    private readonly projections: readonly Pick<Projection, 'name'>[],
  ) {}

  look(): Promise<HealthAnswer> {
    const now = performance.now();
    if (!this.last || now - this.last.at > knownMilliseconds) this.last = { at: now, answer: this.ask() };
    return this.last.answer;
  }

  private async ask(): Promise<HealthAnswer> {
    const [end, read] = await Promise.all([inTime(this.eventLog.end()), inTime(this.readModels())]);
    const position = end.value;
    const readModels = (read.value ?? []).map((model) => withLag(model, position));
    const works =
      end.store.status === 'up' &&
      read.store.status === 'up' &&
      readModels.every(({ isStopped, version }) => !isStopped && version !== null);
    return {
      status: works ? 'ready' : 'notReady',
      eventStore: end.store,
      readStore: read.store,
      position: position?.toString() ?? null,
      readModels,
    };
  }

  private async readModels(): Promise<ReadModelHealthAnswer[]> {
    await this.readStore.ping();
    return Promise.all(
      this.projections.map(async ({ name }) => {
        const version = await this.readStore.servingVersion(name);
        // While none serves, one is being filled, and may have stopped at an event, too.
        const filled = version ?? Math.max(0, ...(await this.readStore.versions(name)));
        const { position, stopped } = await this.readStore.progress(name, filled);
        return {
          name,
          version: version === undefined ? null : codeVersionOf(version),
          position: (version !== undefined && position?.toString()) || null,
          lag: null,
          isStopped: stopped !== undefined,
          ...(stopped && { stopped }),
        };
      }),
    );
  }
}

function withLag(model: ReadModelHealthAnswer, end: bigint | undefined): ReadModelHealthAnswer {
  if (end === undefined) return model;
  const behind = end - (model.position === null ? 0n : BigInt(model.position));
  return { ...model, lag: String(behind > 0n ? behind : 0n) };
}

async function inTime<Value>(asked: Promise<Value>): Promise<{ value?: Value; store: StoreHealthAnswer }> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`does not answer within ${patienceMilliseconds} ms`)), patienceMilliseconds);
  });
  try {
    return { value: await Promise.race([asked, patience]), store: { status: 'up' } };
  } catch (error) {
    return { store: { status: 'down', reason: (error as Error).message } };
  } finally {
    clearTimeout(timer);
  }
}
