import type { IndexEntry, Projection } from './projection.js';
import { ReadStoreUnavailable } from './read-store.js';
import type { IndexRange, ReadStore } from './read-store.js';
import { forgetServing, owedBy, servingLately } from './serving.js';
import type { Serving } from './serving.js';
import { ReadModelBehind, waitFor } from './wait.js';

/** One version of a read model, for the length of one query. Errors of all calls: ReadStoreUnavailable. */
export interface ReadView<Doc extends object = object> {
  /** The projection's. */
  readonly name: string;
  /** The stored version that answers. */
  readonly version: number;
  /** Of this version: another one when it was emptied and filled again, from another log perhaps. */
  readonly life: string;
  /** Everything up to here is in what the view answers; there may be more. */
  readonly position: bigint | undefined;
  documents(partition: string, keys: readonly string[]): Promise<(Doc | undefined)[]>;
  document(partition: string, key: string): Promise<Doc | undefined>;
  allDocuments(partition: string): Promise<{ key: string; document: Doc }[]>;
  range(partition: string, range: IndexRange): Promise<{ sort: string; key: string }[]>;
  count(partition: string, range: { index: string; from?: string; to?: string }): Promise<number>;
  /** `range` and `count` for many ranges at once, in few exchanges with the store. */
  ranges(partition: string, ranges: readonly IndexRange[]): Promise<{ sort: string; key: string }[][]>;
  counts(partition: string, ranges: readonly { index: string; from?: string; to?: string }[]): Promise<number[]>;
  /** Where a document stands in the indexes: for a caller that found it by one of them, and would know whether it has moved since. */
  entriesOf(document: Doc, key: string): readonly IndexEntry[];
}

/**
 * The version of a read model that serves now. Ask for it once per query, and not for longer: versions are replaced.
 * Errors: ReadModelBehind when no version has been filled yet, or what waitFor was told does not come back, ReadModelStopped, ReadStoreUnavailable.
 */
export async function viewOf<Doc extends object>(store: ReadStore, projection: Projection<Doc>): Promise<ReadView<Doc>> {
  let serving = await servingLately(store, projection.name);
  // Whoever waited for a position is answered with it, also by a version that began to serve since and is behind the one before.
  for (let owed = owedBehind(store, projection.name, serving); owed !== undefined; owed = owedBehind(store, projection.name, serving)) {
    await waitFor(store, projection, owed, catchUpMilliseconds);
    serving = await servingLately(store, projection.name);
  }
  if (!serving) throw new ReadModelBehind(projection.name, 0n, undefined);
  return new BoundView<Doc>(store, projection, serving);
}

const catchUpMilliseconds = 5_000;

/** The position that a version owes and has not reached. */
function owedBehind(store: ReadStore, projection: string, serving: Serving | undefined): bigint | undefined {
  const owed = serving && owedBy(store, projection, serving);
  return owed !== undefined && (serving?.position ?? -1n) < owed ? owed : undefined;
}

class BoundView<Doc extends object> implements ReadView<Doc> {
  readonly name: string;
  readonly version: number;
  readonly life: string;
  readonly position: bigint | undefined;

  constructor(
    private readonly store: ReadStore,
    private readonly projection: Projection<Doc>,
    private readonly known: Serving,
  ) {
    this.name = projection.name;
    this.version = known.version;
    this.life = known.life;
    this.position = known.position;
  }

  documents(partition: string, keys: readonly string[]): Promise<(Doc | undefined)[]> {
    return this.#confirmed(this.store.documents(this.#address(partition), keys) as Promise<(Doc | undefined)[]>);
  }

  async document(partition: string, key: string): Promise<Doc | undefined> {
    return (await this.documents(partition, [key]))[0];
  }

  allDocuments(partition: string): Promise<{ key: string; document: Doc }[]> {
    return this.#confirmed(this.store.allDocuments(this.#address(partition)) as Promise<{ key: string; document: Doc }[]>);
  }

  range(partition: string, range: IndexRange): Promise<{ sort: string; key: string }[]> {
    return this.#confirmed(this.store.range(this.#address(partition), range));
  }

  count(partition: string, range: { index: string; from?: string; to?: string }): Promise<number> {
    return this.#confirmed(this.store.count(this.#address(partition), range));
  }

  ranges(partition: string, ranges: readonly IndexRange[]): Promise<{ sort: string; key: string }[][]> {
    return this.#confirmed(this.store.ranges(this.#address(partition), ranges));
  }

  counts(partition: string, ranges: readonly { index: string; from?: string; to?: string }[]): Promise<number[]> {
    return this.#confirmed(this.store.counts(this.#address(partition), ranges));
  }

  entriesOf(document: Doc, key: string): readonly IndexEntry[] {
    return this.projection.indexes?.(document, key) ?? [];
  }

  #address(partition: string): { projection: string; version: number; partition: string } {
    return { projection: this.projection.name, version: this.version, partition };
  }

  /**
   * An answer is only believed when the version still stood after it was read: of a store that was emptied, or a version dropped meanwhile, there is nothing,
   * or as much as has been filled again. The progress is asked for in the same turn, so it costs no exchange more, and is answered after what is on its node.
   */
  async #confirmed<Answer>(asked: Promise<Answer>): Promise<Answer> {
    const [answer, { life, position }] = await Promise.all([asked, this.store.progress(this.projection.name, this.version)]);
    if (life === this.known.life && (position ?? -1n) >= (this.known.position ?? -1n)) return answer;
    forgetServing(this.store, this.projection.name);
    throw new ReadStoreUnavailable(`${this.projection.name} was replaced while it was read`);
  }
}
