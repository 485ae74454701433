/** One partition of one version of a projection. On Redis its keys share a hash tag, on LMDB a key prefix. */
export interface PartitionAddress {
  readonly projection: string;
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

/** Where views are kept. Holds nothing that the log cannot give again. Errors of all calls: ReadStoreUnavailable. */
export interface ReadStore {
  /** The documents under these keys, in order; undefined where there is none. */
  documents(address: PartitionAddress, keys: readonly string[]): Promise<(object | undefined)[]>;
  /** Every document of the partition with its key, for small partitions and look-up tables. */
  allDocuments(address: PartitionAddress): Promise<{ key: string; document: object }[]>;
  /** Entries of one index, in order. */
  range(address: PartitionAddress, range: IndexRange): Promise<{ sort: string; key: string }[]>;
  /** How many entries lie in the range, without walking them. */
  count(address: PartitionAddress, range: { index: string; from?: string; to?: string }): Promise<number>;
  /** The checkpoint of a partition; undefined when it has none. */
  partitionCheckpoint(address: PartitionAddress): Promise<bigint | undefined>;
  /** False, and nothing stored, when the partition's checkpoint is not `readCheckpoint`. */
  commit(write: PartitionWrite): Promise<boolean>;
  /** How far a projection as a whole has come: all its partitions hold everything up to here. Only moves forwards. */
  progress(projection: string, version: number): Promise<Progress>;
  setProgress(projection: string, version: number, progress: Progress): Promise<void>;
  /** The version that queries are answered from; undefined before the first one was filled. */
  servingVersion(projection: string): Promise<number | undefined>;
  setServingVersion(projection: string, version: number): Promise<void>;
  /** Removes everything of one version. */
  drop(projection: string, version: number): Promise<void>;
  /** Every document and index entry of one version in a stable order: what a rebuild is compared by. */
  dump(projection: string, version: number): AsyncIterable<string>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Progress {
  readonly position: bigint | undefined;
  /** The event that stopped the projection, and why. */
  readonly stopped?: { readonly position: string; readonly eventId: string; readonly reason: string };
}

/** The store cannot be reached. Reads answer 503, never wrong numbers. */
export class ReadStoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReadStoreUnavailable';
  }
}
