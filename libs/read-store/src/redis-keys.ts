import { storedName } from './stored-version.js';
import type { PartitionAddress } from './read-store.js';

/** Everything of a partition shares this hash tag, so that one script may touch it on a cluster. */
export const partitionTag = (address: PartitionAddress): string =>
  `{${storedName(address.projection, address.version)}:${address.partition}}`;
export const documentsKey = (tag: string): string => `${tag}:documents`;
export const indexKey = (tag: string, index: string): string => `${tag}:index:${index}`;

/** Which version serves (field `serving`) and which exist (a field each). */
export const versionsKey = (projection: string): string => `{${projection}}:versions`;
/** The id of the first event of the log that the read models belong to. */
export const logKey = '{read-models}:log';

/** What SCAN finds the partitions of a version by. */
export const partitionPattern = (projection: string, version: number): string =>
  `{${storedName(projection, version).replace(/[[\]*?\\^]/g, '\\$&')}:*`;

/** The partition and what of it a key holds; undefined for other keys. */
export function partitionOfKey(
  key: string,
  projection: string,
  version: number,
): { partition: string; kind: 'documents' } | { partition: string; kind: 'index'; index: string } | undefined {
  const start = `{${storedName(projection, version)}:`;
  if (!key.startsWith(start)) return undefined;
  if (key.endsWith('}:documents')) return { partition: key.slice(start.length, -'}:documents'.length), kind: 'documents' };
  const at = key.indexOf('}:index:', start.length);
  return at < 0 ? undefined : { partition: key.slice(start.length, at), kind: 'index', index: key.slice(at + '}:index:'.length) };
}

const slotsOfACluster = 16_384;
const shardsOnACluster = 16;
const shardKeysKnown = new Map<string, string[]>();

/**
 * The records of a version's progress. On a cluster there are sixteen of them, spread evenly over the slots, and the progress is the lowest: a node
 * that lost its data, or its last writes in a failover, takes its records back with it, so that the loss shows (docs/decisions/042).
 */
export function progressKeys(projection: string, version: number, cluster: boolean): string[] {
  const name = storedName(projection, version);
  if (!cluster) return [`{${name}}:progress`];
  let keys = shardKeysKnown.get(name);
  if (!keys) {
    keys = Array.from({ length: shardsOnACluster }, () => '');
    for (let attempt = 0, missing = shardsOnACluster; missing > 0; attempt += 1) {
      const shard = Math.floor((slotOf(`${name}#${attempt}`) * shardsOnACluster) / slotsOfACluster);
      if (keys[shard]) continue;
      keys[shard] = `{${name}#${attempt}}:progress`;
      missing -= 1;
    }
    shardKeysKnown.set(name, keys);
  }
  return keys;
}

/** CRC-16 (XMODEM) of the tag, modulo the number of slots: how Redis Cluster places a key. */
function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % slotsOfACluster;
}
