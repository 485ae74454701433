import type { PartitionWrite, ReadStore } from '../src/read-store.js';

export type Written = PartitionWrite['documents'][number];

/** What a commit does to one document. */
export const document = (
  key: string,
  value: object | undefined,
  indexAdd: Written['indexAdd'] = [],
  indexRemove: Written['indexRemove'] = [],
): Written => ({ key, document: value, indexAdd, indexRemove });

export async function dumpOf(store: ReadStore, projection: string, version: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of store.dump(projection, version)) lines.push(line);
  return lines;
}
