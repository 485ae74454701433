import { EventLog } from './event-log.js';
import { appendHandler, batchAppendHandler } from './protocol/append.js';
import { SubscriptionGroups } from './groups/groups.js';
import { groupHandlers } from './protocol/groups.js';
import { deleteHandler } from './protocol/delete.js';
import { GrpcServer } from './protocol/grpc-server.js';
import { httpListener } from './protocol/http.js';
import { readHandler } from './protocol/read.js';
import { gossipHandler, supportedMethodsHandler } from './protocol/service.js';
import { FolderLock } from './storage/folder-lock.js';

export interface EventStoreOptions {
  /** Where the log and its index are; made when it is missing. */
  dataDir: string;
  /** 0 (the default) picks a free one. */
  port?: number;
  /** The interface to listen on; by default only this machine can connect. */
  host?: string;
  /** A segment of the log that has grown to this is followed by another. */
  segmentBytes?: number;
  /** Bound of what is kept in memory of the log. */
  cacheBytes?: number;
  /** How much data the events of one append may hold together. */
  appendBytesMax?: number;
  /** Told what the store has to say about itself: at the start, when a tail was cut. */
  report?: (line: string) => void;
  /** Called when the disk did not confirm a write. Nothing is acknowledged any more: the process should end and start anew. */
  onSyncFailure?: (error: Error) => void;
  /** Called when the index is found damaged while it is used, before anything was answered from it: a new start makes it anew. */
  onDamagedIndex?: (error: Error) => void;
}

export interface EventStore {
  readonly port: number;
  readonly host: string;
  /** Where an EventStoreDB client finds it. */
  readonly url: string;
  /** Answers what is waiting, ends all calls, and leaves the folder so that the next start is quick. */
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const STREAMS = '/event_store.client.streams.Streams';
const GROUPS = '/event_store.client.persistent_subscriptions.PersistentSubscriptions';

/**
 * Starts an event store that any EventStoreDB client can talk to. Resolves when it takes calls.
 * @throws {FolderInUseError} another process has the folder
 * @throws {DamagedLogError} the log is damaged; names file, offset and what to do
 */
export async function startEventStore(options: EventStoreOptions): Promise<EventStore> {
  const { dataDir, host = '127.0.0.1', segmentBytes = 64 * MEBIBYTE, cacheBytes = 64 * MEBIBYTE, appendBytesMax = MEBIBYTE } = options;
  const lock = await FolderLock.acquire(dataDir);
  try {
    const { onSyncFailure = () => undefined, onDamagedIndex = () => undefined } = options;
    const log = await EventLog.open({ dataDir, segmentBytes, cacheBytes, onSyncFailure, onDamagedIndex });
    if (log.cut !== undefined) {
      const { bytes, file, offset } = log.cut;
      options.report?.(`cut ${bytes} bytes of an append that was never acknowledged off the end of ${file}, at offset ${offset}`);
    }
    const groups = await SubscriptionGroups.start(log);
    const address = { host, port: 0 };
    const server = new GrpcServer(httpListener());
    server.handle(`${STREAMS}/Append`, appendHandler(log, appendBytesMax));
    server.handle(`${STREAMS}/BatchAppend`, batchAppendHandler(log, appendBytesMax));
    server.handle(`${STREAMS}/Read`, readHandler(log));
    server.handle(`${STREAMS}/Delete`, deleteHandler(log, 'delete'));
    server.handle(`${STREAMS}/Tombstone`, deleteHandler(log, 'tombstone'));
    for (const [method, handler] of Object.entries(groupHandlers(log, groups))) server.handle(`${GROUPS}/${method}`, handler);
    server.handle('/event_store.client.server_features.ServerFeatures/GetSupportedMethods', supportedMethodsHandler());
    server.handle(
      '/event_store.client.gossip.Gossip/Read',
      gossipHandler(() => address),
    );
    try {
      address.port = await server.listen(options.port ?? 0, host);
    } catch (error) {
      await log.close();
      throw error;
    }
    const close = async (): Promise<void> => {
      server.stopTaking();
      groups.stop();
      // Appends that were taken in are answered before their calls end: a client never learns of them otherwise.
      await new Promise<void>((resolve) => log.log.whenDurable(() => resolve()));
      await server.close();
      await log.close();
      await lock.release();
    };
    let closing: Promise<void> | undefined;
    return { host, port: address.port, url: `esdb://${host}:${address.port}?tls=false`, close: () => (closing ??= close()) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
