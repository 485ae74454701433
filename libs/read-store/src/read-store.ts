/** One partition of one stored version of a projection. On Redis its keys share a hash tag, on LMDB a key prefix. */
export interface PartitionAddress {
  readonly projection: string;
  /** The stored version (stored-version.ts), as `ReadView.version` and `servingVersion` tell it. */
  readonly version: number;
  readonly partition: string;
}

/** The new contents of some documents of a partition and how far the log was read to make them. All of it is stored, or nothing. */
export interface PartitionWrite {
  readonly address: PartitionAddress;
  /** The checkpoint the documents were made from; another one in the store means that another projector was first. */
  readonly readCheckpoint: bigint | undefined;
  readonly checkpoint: bigint;
  readonly documents: readonly {
    readonly key: string;
    /** undefined removes it. */
    readonly document: object | undefined;
    readonly indexAdd: readonly { readonly index: string; readonly sort: string }[];
    readonly indexRemove: readonly { readonly index: string; readonly sort: string }[];
  }[];
}

export interface IndexRange {
  readonly index: string;
  /** Bounds on the sort text: `from` is in, `to` is out. */
  readonly from?: string;
  readonly to?: string;
  /** Continue after this entry (exclusive), in the direction of the read. */
  readonly after?: { readonly sort: string; readonly key: string };
  readonly direction: 'ascending' | 'descending';
  readonly limit: number;
}

/** A partition as it stood at one moment: its checkpoint, and the documents asked for, in order. */
export interface PartitionState {
  readonly checkpoint: bigint | undefined;
  readonly documents: readonly (object | undefined)[];
}

/** Where views are kept. Holds nothing that the log cannot give again. Errors of all calls: ReadStoreUnavailable. */
export interface ReadStore {
  /** The documents under these keys, in order; undefined where there is none. */
  documents(address: PartitionAddress, keys: readonly string[]): Promise<(object | undefined)[]>;
  /** Every document of the partition with its key, in no particular order: for small partitions and look-up tables. */
  allDocuments(address: PartitionAddress): Promise<{ key: string; document: object }[]>;
  /** Entries of one index, in order. */
  range(address: PartitionAddress, range: IndexRange): Promise<{ sort: string; key: string }[]>;
  /** How many entries lie in the range, without walking them. */
  count(address: PartitionAddress, range: { index: string; from?: string; to?: string }): Promise<number>;
  /** `range`, for many ranges at once: a question over hundreds of indexes is few exchanges with the store. */
  ranges(address: PartitionAddress, ranges: readonly IndexRange[]): Promise<{ sort: string; key: string }[][]>;
  /** `count`, for many ranges at once. */
  counts(address: PartitionAddress, ranges: readonly { index: string; from?: string; to?: string }[]): Promise<number[]>;
  /** The checkpoint of a partition; undefined when it has none. */
  partitionCheckpoint(address: PartitionAddress): Promise<bigint | undefined>;
  /**
   * What a projector needs before it writes. The progress is read last: if it is still the one the caller knows,
   * the store had not lost anything when the partitions were read, so an empty partition is a new one.
   */
  load(
    projection: string,
    version: number,
    wanted: readonly { readonly partition: string; readonly keys: readonly string[] }[],
  ): Promise<{ partitions: PartitionState[]; progress: Progress }>;
  /** False, and nothing stored, when the partition's checkpoint is not `readCheckpoint`. */
  commit(write: PartitionWrite): Promise<boolean>;
  /**
   * `commit` for each, and `setProgress` once all of them were stored; in one transaction where the store has one over all partitions.
   * Answers which were stored, and whether the progress moved.
   */
  commitAll(writes: readonly PartitionWrite[], move: ProgressMove): Promise<{ committed: boolean[]; moved: boolean }>;
  /** Makes the record of a version's progress if there is none, and answers it. */
  begin(projection: string, version: number): Promise<Progress>;
  /** How far a projection as a whole has come: all its partitions hold everything up to here. Without `life` when the version does not exist. */
  progress(projection: string, version: number): Promise<Progress>;
  /**
   * Moves the progress forwards, never back. False when the store is behind `known` or begins another life:
   * it has lost writes, and the caller must begin again from what the store says.
   */
  setProgress(move: ProgressMove): Promise<boolean>;
  /** The version that queries are answered from; undefined before the first one was filled. */
  servingVersion(projection: string): Promise<number | undefined>;
  /** Points queries to this version; the pointer only moves to higher ones. Answers where it points afterwards. */
  setServingVersion(projection: string, version: number): Promise<number>;
  /** The versions that were begun and not dropped, ascending. */
  versions(projection: string): Promise<number[]>;
  /** Removes everything of one version. */
  drop(projection: string, version: number): Promise<void>;
  /** Takes the serving pointer away: queries of this projection are refused until a version serves again. */
  stopServing(projection: string): Promise<void>;
  /** The id of the first event of the log that these read models were made from; undefined in a new store. */
  log(): Promise<string | undefined>;
  /** Makes the store that log's, if it is nobody's. Answers whose it is. */
  claim(log: string): Promise<string>;
  /** Makes the store nobody's; for the caller that has dropped everything in it. */
  disclaim(): Promise<void>;
  /** Every document and index entry of one version in a stable order, the same on every store: what a rebuild is compared by. */
  dump(projection: string, version: number): AsyncIterable<string>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Progress {
  /** undefined when nothing was read yet. */
  readonly position: bigint | undefined;
  /** The event that stopped the projection, and why. */
  readonly stopped?: { readonly position: string; readonly eventId: string; readonly reason: string };
  /** Made up when the version was begun: tells a version from the one that stood here before the store was emptied. */
  readonly life?: string;
}

/** From what the caller knows of a version's progress to the next. */
export interface ProgressMove {
  readonly projection: string;
  readonly version: number;
  readonly next: Omit<Progress, 'life'>;
  readonly known: Progress;
}

/** The store cannot be reached. Reads answer 503, never wrong numbers. */
export class ReadStoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReadStoreUnavailable';
  }
}

/** The read models in the store were made from another log than the one that is followed: for readers they are not there. */
export class ReadModelsOfAnotherLog extends ReadStoreUnavailable {
  constructor(
    readonly storedLog: string,
    readonly followedLog: string | undefined,
  ) {
    super(
      `The read models in this store belong to a log whose first event is ${storedLog}; ` +
        `${followedLog ? `the log followed here begins with ${followedLog}` : 'the log followed here is empty'}. ` +
        'Nothing was changed. Give this installation a store of its own (REDIS_URL), or empty this one if the other installation is gone.',
    );
    this.name = 'ReadModelsOfAnotherLog';
  }
}
