import type { IndexRange, PartitionAddress, Projection, ReadStore } from '#read-store';

/** One read model in one store, in the version that queries are answered from. */
export interface View {
  readonly store: ReadStore;
  readonly address: (partition: string) => PartitionAddress;
  documents<Doc>(partition: string, keys: readonly string[]): Promise<(Doc | undefined)[]>;
  allDocuments<Doc>(partition: string): Promise<{ key: string; document: Doc }[]>;
  range(partition: string, range: IndexRange): Promise<{ sort: string; key: string }[]>;
  count(partition: string, range: { index: string; from?: string; to?: string }): Promise<number>;
  partitionCheckpoint(partition: string): Promise<bigint | undefined>;
}

export async function viewOf(store: ReadStore, projection: Projection<any>): Promise<View> {
  const version = (await store.servingVersion(projection.name)) ?? projection.version;
  const address = (partition: string): PartitionAddress => ({ projection: projection.name, version, partition });
  return {
    store,
    address,
    documents: async <Doc>(partition: string, keys: readonly string[]) =>
      keys.length === 0 ? [] : ((await store.documents(address(partition), keys)) as (Doc | undefined)[]),
    allDocuments: async <Doc>(partition: string) => (await store.allDocuments(address(partition))) as { key: string; document: Doc }[],
    range: (partition, range) => store.range(address(partition), range),
    count: (partition, range) => store.count(address(partition), range),
    partitionCheckpoint: (partition) => store.partitionCheckpoint(address(partition)),
  };
}
