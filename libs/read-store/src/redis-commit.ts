import type { PartitionWrite } from './read-store.js';
import { documentsKey, indexKey, partitionTag } from './redis-keys.js';
import { memberOf } from './redis-ranges.js';

/** The keys and values of the script `commitPartition` (redis-scripts.ts), in its order. */
export function commitArguments({ address, readCheckpoint, checkpoint, documents }: PartitionWrite): { keys: string[]; values: string[] } {
  const tag = partitionTag(address);
  const set: string[] = [];
  const removed: string[] = [];
  const indexes = new Map<string, { add: string[]; remove: string[] }>();
  const changesOf = (index: string): { add: string[]; remove: string[] } => {
    let changes = indexes.get(index);
    if (!changes) indexes.set(index, (changes = { add: [], remove: [] }));
    return changes;
  };
  for (const { key, document, indexAdd, indexRemove } of documents) {
    if (document) set.push(key, JSON.stringify(document));
    else removed.push(key);
    for (const { index, sort } of indexAdd) changesOf(index).add.push(memberOf(sort, key));
    for (const { index, sort } of indexRemove) changesOf(index).remove.push(memberOf(sort, key));
  }
  const keys = [documentsKey(tag)];
  const parts = [[readCheckpoint?.toString() ?? '', checkpoint.toString()]];
  for (const [index, { add, remove }] of indexes) {
    keys.push(indexKey(tag, index));
    parts.push([String(add.length), String(remove.length)], add, remove);
  }
  parts.push([String(set.length / 2)], set, [String(removed.length)], removed);
  return { keys, values: parts.flat() };
}
