import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { documentLine, entryLine } from './canonical-json.js';
import { ReadStoreUnavailable } from './read-store.js';
import { commitArguments } from './redis-commit.js';
import type { IndexRange, PartitionAddress, PartitionState, PartitionWrite, Progress, ProgressMove, ReadStore } from './read-store.js';
import { documentsKey, indexKey, logKey, partitionOfKey, partitionPattern, partitionTag, progressKeys, versionsKey } from './redis-keys.js';
import { boundsOf, bytewise, entryOf, readingOf } from './redis-ranges.js';
import { redisScripts } from './redis-scripts.js';
import { parseRedisUrls } from './redis-urls.js';
import { settleAll } from './settle.js';

/** The commands that redis-scripts.ts adds; and one as it takes its arguments too, however many they are. */
interface Scripted {
  hmget(key: string, fields: string[]): Promise<(string | null)[]>;
  commitPartition(numberOfKeys: number, keys: readonly string[], values: readonly string[]): Promise<number>;
  moveProgress(key: string, life: string, known: string, position: string, stopped: string): Promise<number>;
  serveVersion(key: string, version: number): Promise<number>;
  forgetVersion(key: string, version: number, mark: string): Promise<number>;
  countRanges(numberOfKeys: number, ...keysAndBounds: string[]): Promise<number[]>;
  readRanges(numberOfKeys: number, ...keysAndRanges: (string | number)[]): Promise<string[][]>;
}
type Client = (Redis | Cluster) & Scripted;

/** A call that is not answered within this time fails; the connection is given up when it stays silent for twice as long. */
const answerWithinMs = 2_000;
/** A script asks this many indexes at most: about a millisecond, in which Redis does nothing else. */
const rangesAtOnce = 200;
/** What the list of versions says of one that is being dropped. */
const dropping = 'dropping';
/** A dump or a drop reads whole partitions at a time. */
const scanCount = 1_000;

/**
 * Opens the store in Redis. `urls` is one `redis://` or `rediss://` URL, or several, comma-separated, for a cluster (the first
 * one's user, password and TLS hold for all). Does not fail when nobody answers: calls do, with ReadStoreUnavailable, until somebody does.
 */
export async function connectRedisReadStore(urls: string): Promise<ReadStore> {
  const nodes = parseRedisUrls(urls);
  const [first] = nodes;
  const common: RedisOptions = {
    commandTimeout: answerWithinMs,
    socketTimeout: 2 * answerWithinMs,
    connectTimeout: answerWithinMs,
    keepAlive: 10_000,
    // A command that met a broken connection has an unknown outcome; the projector asks the store again, a reader is told at once.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    username: first.username,
    password: first.password,
    ...(first.tls ? { tls: {} } : {}),
  };
  const reconnectAfterMs = (attempts: number): number => Math.min(50 * 2 ** Math.min(attempts, 6), answerWithinMs);
  let client: Redis | Cluster;
  if (nodes.length === 1) {
    client = new Redis({
      ...common,
      host: first.host,
      port: first.port,
      db: first.database,
      enableOfflineQueue: false,
      retryStrategy: reconnectAfterMs,
      scripts: redisScripts,
    });
  } else {
    const options: ClusterOptions = {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectAfterMs,
      slotsRefreshTimeout: answerWithinMs,
      slotsRefreshInterval: 5_000,
      scripts: redisScripts,
    };
    client = new Cluster(
      nodes.map(({ host, port }) => ({ host, port })),
      options,
    );
  }
  const store = new RedisReadStore(client as Client, nodes.length > 1);
  await store.firstAnswer(answerWithinMs);
  return store;
}

const asSortable = (position: bigint | undefined): string => (position === undefined ? '' : position.toString().padStart(20, '0'));
const asPosition = (text: string | null | undefined): bigint | undefined => (text ? BigInt(text) : undefined);
const asDocument = (text: string | null | undefined): object | undefined => (text ? (JSON.parse(text) as object) : undefined);

class RedisReadStore implements ReadStore {
  #lastError: Error | undefined;
  /** Why this Redis must not hold read models, once that is known, and when it was found. */
  #unfit: Error | undefined;
  #unfitAt = 0;

  constructor(
    private readonly client: Client,
    private readonly cluster: boolean,
  ) {
    // Without a listener every failed attempt to connect would be printed; the error is told where a call fails because of it.
    client.on('error', (error: Error) => (this.#lastError = error));
    client.on('ready', () => {
      this.#lastError = undefined;
      this.#checkEviction().catch(() => undefined);
    });
  }

  async firstAnswer(withinMs: number): Promise<void> {
    if (this.client.status === 'ready') return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.client.off('ready', done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.client.on('ready', done);
    });
  }

  async documents(address: PartitionAddress, keys: readonly string[]): Promise<(object | undefined)[]> {
    if (keys.length === 0) return [];
    const texts = await this.#ask(this.client.hmget(documentsKey(partitionTag(address)), [...keys]));
    return texts.map(asDocument);
  }

  async allDocuments(address: PartitionAddress): Promise<{ key: string; document: object }[]> {
    const fields = await this.#ask(this.client.hgetall(documentsKey(partitionTag(address))));
    return Object.entries(fields)
      .filter(([key]) => key !== '')
      .map(([key, text]) => ({ key, document: JSON.parse(text) as object }));
  }

  async range(address: PartitionAddress, range: IndexRange): Promise<{ sort: string; key: string }[]> {
    if (range.limit <= 0) return [];
    const key = indexKey(partitionTag(address), range.index);
    const [command, first, second] = readingOf(range);
    const members = await this.#ask(this.client[command](key, first, second, 'LIMIT', 0, range.limit));
    return members.map(entryOf);
  }

  async ranges(address: PartitionAddress, ranges: readonly IndexRange[]): Promise<{ sort: string; key: string }[][]> {
    const tag = partitionTag(address);
    const found = await this.#inParts(ranges, (part) =>
      this.client.readRanges(
        part.length,
        ...part.map(({ index }) => indexKey(tag, index)),
        ...part.flatMap((range) => [...readingOf(range), Math.max(range.limit, 0)]),
      ),
    );
    return found.map((members) => members.map(entryOf));
  }

  counts(address: PartitionAddress, ranges: readonly { index: string; from?: string; to?: string }[]): Promise<number[]> {
    const tag = partitionTag(address);
    return this.#inParts(ranges, (part) =>
      this.client.countRanges(part.length, ...part.map(({ index }) => indexKey(tag, index)), ...part.flatMap(boundsOf)),
    );
  }

  async #inParts<Range, Answer>(ranges: readonly Range[], ask: (part: readonly Range[]) => Promise<Answer[]>): Promise<Answer[]> {
    const parts: Promise<Answer[]>[] = [];
    for (let at = 0; at < ranges.length; at += rangesAtOnce) parts.push(ask(ranges.slice(at, at + rangesAtOnce)));
    return (await this.#ask(Promise.all(parts))).flat(1) as Answer[];
  }

  count(address: PartitionAddress, range: { index: string; from?: string; to?: string }): Promise<number> {
    const key = indexKey(partitionTag(address), range.index);
    return this.#ask(this.client.zlexcount(key, ...boundsOf(range)));
  }

  async partitionCheckpoint(address: PartitionAddress): Promise<bigint | undefined> {
    return asPosition(await this.#ask(this.client.hget(documentsKey(partitionTag(address)), '')));
  }

  async load(
    projection: string,
    version: number,
    wanted: readonly { readonly partition: string; readonly keys: readonly string[] }[],
  ): Promise<{ partitions: PartitionState[]; progress: Progress }> {
    // All in one turn: commands to one node are answered in the order they were asked, so the progress is read after what is on the same node.
    const [progress, ...partitions] = await this.#ask(
      Promise.all([
        ...wanted.map(({ partition, keys }) =>
          this.client.hmget(documentsKey(partitionTag({ projection, version, partition })), ['', ...keys]),
        ),
        this.#readProgress(projection, version),
      ]).then((answers) => [answers.pop() as Progress, ...(answers as (string | null)[][])] as const),
    );
    return {
      progress,
      partitions: partitions.map(([checkpoint, ...texts]) => ({ checkpoint: asPosition(checkpoint), documents: texts.map(asDocument) })),
    };
  }

  async commit(write: PartitionWrite): Promise<boolean> {
    const { keys, values } = commitArguments(write);
    // As arrays: a partition's batch may be more than a call has room for arguments.
    return (await this.#ask(this.client.commitPartition(keys.length, keys, values))) === 1;
  }

  async commitAll(writes: readonly PartitionWrite[], move: ProgressMove): Promise<{ committed: boolean[]; moved: boolean }> {
    const committed = await settleAll(writes.map((write) => this.commit(write)));
    return { committed, moved: committed.every(Boolean) && (await this.setProgress(move)) };
  }

  async begin(projection: string, version: number): Promise<Progress> {
    const [first, ...others] = progressKeys(projection, version, this.cluster) as [string, ...string[]];
    // What a drop that was cut short has left behind would be taken for what the log says.
    if ((await this.#ask(this.client.hget(versionsKey(projection), String(version)))) === dropping) await this.drop(projection, version);
    await this.#ask(this.client.hset(versionsKey(projection), String(version), '1'));
    await this.#ask(this.client.hsetnx(first, 'life', randomUUID()));
    const life = await this.#ask(this.client.hget(first, 'life'));
    // A record of another life was left by a node that forgot, or outlived the one that did: it begins again with the others.
    const lives = await this.#ask(Promise.all(others.map((key) => this.client.hget(key, 'life'))));
    await this.#ask(
      Promise.all(
        others
          .filter((_key, at) => lives[at] !== life)
          .map((key) =>
            this.client
              .multi()
              .del(key)
              .hset(key, 'life', life ?? '')
              .exec(),
          ),
      ),
    );
    return this.progress(projection, version);
  }

  progress(projection: string, version: number): Promise<Progress> {
    return this.#ask(this.#readProgress(projection, version));
  }

  async #readProgress(projection: string, version: number): Promise<Progress> {
    const records = await Promise.all(
      progressKeys(projection, version, this.cluster).map((key) => this.client.hmget(key, 'life', 'position', 'stopped')),
    );
    const [life, , stopped] = records[0] ?? [];
    if (!life) return { position: undefined };
    const positions = records.map((record) => (record[0] === life ? (record[1] ?? '') : ''));
    const lowest = positions.reduce((a, b) => (a < b ? a : b));
    return { life, position: asPosition(lowest), ...(stopped ? { stopped: JSON.parse(stopped) as NonNullable<Progress['stopped']> } : {}) };
  }

  async setProgress({ projection, version, next, known }: ProgressMove): Promise<boolean> {
    const stopped = next.stopped ? JSON.stringify(next.stopped) : '';
    const moved = await this.#ask(
      Promise.all(
        progressKeys(projection, version, this.cluster).map((key) =>
          this.client.moveProgress(key, known.life ?? '', asSortable(known.position), asSortable(next.position), stopped),
        ),
      ),
    );
    return moved.every((answer) => answer === 1);
  }

  async servingVersion(projection: string): Promise<number | undefined> {
    const serving = await this.#ask(this.client.hget(versionsKey(projection), 'serving'));
    return serving === null ? undefined : Number(serving);
  }

  setServingVersion(projection: string, version: number): Promise<number> {
    return this.#ask(this.client.serveVersion(versionsKey(projection), version));
  }

  async versions(projection: string): Promise<number[]> {
    const fields = await this.#ask(this.client.hkeys(versionsKey(projection)));
    return fields
      .filter((field) => field !== 'serving')
      .map(Number)
      .sort((a, b) => a - b);
  }

  async drop(projection: string, version: number): Promise<void> {
    // The mark goes first, so that whoever begins this version again after a drop that was cut short finishes that; then the progress, so that a projector
    // still at work on it notices; the list of versions last, so that it is found again.
    await this.#ask(this.client.hset(versionsKey(projection), String(version), dropping));
    const unlinkAll = async (keys: readonly string[]): Promise<number> => {
      const unlinked = await this.#ask(Promise.all(keys.map((key) => this.client.unlink(key))));
      return unlinked.reduce((sum, count) => sum + count, 0);
    };
    const progress = progressKeys(projection, version, this.cluster);
    await unlinkAll(progress);
    // Somebody may begin it again before all of it is gone: it must begin once more, with nothing that lies there.
    for (let left = -1; left !== 0;) {
      left = 0;
      for await (const keys of this.#scan(partitionPattern(projection, version))) left += await unlinkAll(keys);
      left += await unlinkAll(progress);
    }
    await this.#ask(this.client.forgetVersion(versionsKey(projection), version, dropping));
  }

  async stopServing(projection: string): Promise<void> {
    await this.#ask(this.client.hdel(versionsKey(projection), 'serving'));
  }

  async log(): Promise<string | undefined> {
    return (await this.#ask(this.client.get(logKey))) ?? undefined;
  }

  async claim(log: string): Promise<string> {
    await this.#ask(this.client.setnx(logKey, log));
    return (await this.log()) ?? log;
  }

  async disclaim(): Promise<void> {
    await this.#ask(this.client.del(logKey));
  }

  async *dump(projection: string, version: number): AsyncIterable<string> {
    const partitions = new Map<string, Set<string>>();
    for await (const keys of this.#scan(partitionPattern(projection, version))) {
      for (const key of keys) {
        const found = partitionOfKey(key, projection, version);
        if (!found) continue;
        const indexes = partitions.get(found.partition) ?? new Set<string>();
        partitions.set(found.partition, found.kind === 'index' ? indexes.add(found.index) : indexes);
      }
    }
    for (const partition of [...partitions.keys()].sort(bytewise)) {
      const address = { projection, version, partition };
      const documents = await this.allDocuments(address);
      for (const { key, document } of documents.sort((a, b) => bytewise(a.key, b.key))) yield documentLine(partition, key, document);
      for (const index of [...(partitions.get(partition) ?? [])].sort(bytewise)) {
        let entries: { sort: string; key: string }[] = [];
        do {
          entries = await this.range(address, { index, after: entries.at(-1), direction: 'ascending', limit: scanCount });
          for (const { sort, key } of entries) yield entryLine(partition, index, sort, key);
        } while (entries.length === scanCount);
      }
    }
  }

  async ping(): Promise<void> {
    if (this.client instanceof Cluster) await this.#ask(Promise.all(this.#masters().map((node) => node.ping())));
    else await this.#ask(this.client.ping());
  }

  async close(): Promise<void> {
    this.client.disconnect();
    await Promise.resolve();
  }

  #masters(): Redis[] {
    if (!(this.client instanceof Cluster)) return [this.client];
    const masters = this.client.nodes('master');
    if (masters.length === 0) throw this.#unavailable(new Error('no node of the cluster is known'));
    return masters;
  }

  async *#scan(pattern: string): AsyncIterable<string[]> {
    for (const node of this.#masters()) {
      let cursor = '0';
      do {
        const [next, keys] = await this.#ask(node.scan(cursor, 'MATCH', pattern, 'COUNT', scanCount));
        cursor = next;
        if (keys.length > 0) yield keys;
      } while (cursor !== '0');
    }
  }

  /** A Redis that throws away keys when it is full would answer with parts of a balance, and nobody could tell. */
  async #checkEviction(): Promise<void> {
    const told = await Promise.all(this.#masters().map((node) => node.info('memory')));
    const policy = told.map((text) => /^maxmemory_policy:(allkeys\S*)/m.exec(text)?.[1]).find((found) => found !== undefined);
    this.#unfit = policy
      ? new Error(`its maxmemory-policy is ${policy}, which loses parts of them unnoticed; set it to noeviction`)
      : undefined;
  }

  /** Every failure of a call is one kind: the caller cannot tell them apart and must not try. */
  async #ask<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      const answered = await answer;
      if (!this.#unfit) return answered;
    } catch (error) {
      throw this.#unavailable(error as Error);
    }
    if (performance.now() - this.#unfitAt > answerWithinMs) await this.#checkEviction().catch(() => undefined);
    throw this.#unavailable(this.#unfit ?? new Error('it was not fit to hold them until now'));
  }

  #unavailable(error: Error): ReadStoreUnavailable {
    const cause = this.client.status === 'ready' ? error : (this.#lastError ?? error);
    return new ReadStoreUnavailable(`the read models in Redis cannot be used: ${cause.message}`, { cause });
  }
}
