import { AppendTimeouts } from './append-timeouts.js';
import { EventLog } from './event-log.js';
import { appendHandler, batchAppendHandler } from './protocol/append.js';
import { SubscriptionGroups } from './groups/groups.js';
import { groupHandlers } from './protocol/groups.js';
import { deleteHandler } from './protocol/delete.js';
import { recognizing, refusalFor, type Credentials } from './protocol/doorkeeper.js';
import { GrpcServer, type Handler } from './protocol/grpc-server.js';
import { httpListener, type NodeFacts } from './protocol/http.js';
import { monitoringHandler, statisticsOf, type Statistics } from './protocol/monitoring.js';
import { operationsHandlers, redactionHandlers, usersHandlers } from './protocol/operations.js';
import { projectionHandlers } from './protocol/projections.js';
import { readHandler } from './protocol/read.js';
import { gossipHandler, supportedMethodsHandler } from './protocol/service.js';
import { Projections } from './projections/projections.js';
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
  /** Reads all of the log before it takes calls. By default what was sound when it was stopped cleanly is read later, beside other work. */
  readsAllAtStart?: boolean;
  /** How much data the events of one append may hold together. */
  appendBytesMax?: number | undefined;
  /** An append that the disk has not confirmed after this is answered as timed out; by default it waits as long as it takes. */
  appendTimeoutMs?: number | undefined;
  /** Whether the service Projections is there, as on a real node that runs projections. */
  hasProjections?: boolean;
  /** Starts the standard projections, and for that the service. */
  startsStandardProjections?: boolean;
  /** Certificate chain and private key as PEM: then only encrypted connections are taken. */
  tls?: { certificate: string | Buffer; key: string | Buffer } | undefined;
  /** Who may call; without, anybody who reaches the port. Clients send them on encrypted connections only. */
  credentials?: Credentials | undefined;
  /** Told what the store has to say about itself: at the start, when a tail was cut. */
  report?: (line: string) => void;
  /** Called when the disk did not confirm a write. Nothing is acknowledged any more: the process should end and start anew. */
  onSyncFailure?: (error: Error) => void;
  /** Called when the index is found damaged while it is used, before anything was answered from it: a new start makes it anew. */
  onDamagedIndex?: (error: Error) => void;
  /** Called when a part of a large log that the start left to be read later is found damaged: a new start is refused, and says the same. */
  onDamagedLog?: (error: Error) => void;
}

export interface EventStore {
  readonly port: number;
  readonly host: string;
  /** Where an EventStoreDB client finds it; without the credentials and the certificate that it may have to bring. */
  readonly url: string;
  /** What the process uses and the store holds open now, by names as Monitoring.Stats gives them. */
  statistics(): Statistics;
  /** Answers what is waiting, ends all calls, and leaves the folder so that the next start is quick. */
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;

/**
 * Starts an event store that any EventStoreDB client can talk to. Resolves when it takes calls; calls that come earlier are told so.
 * @throws {FolderInUseError} another process has the folder
 * @throws {DamagedLogError} the log is damaged; names file, offset and what to do
 */
export async function startEventStore(options: EventStoreOptions): Promise<EventStore> {
  const lock = await FolderLock.acquire(options.dataDir);
  const { host = '127.0.0.1' } = options;
  const facts: NodeFacts = {
    address: { host, port: 0 },
    statistics: undefined,
    hasCredentials: options.credentials !== undefined,
    hasProjections: options.hasProjections === true || options.startsStandardProjections === true,
  };
  const recognize = recognizing(options.credentials);
  const server = new GrpcServer({ onHttp: httpListener(facts, recognize), tls: options.tls, refusalFor: refusalFor(recognize) });
  let log: EventLog | undefined;
  try {
    facts.address.port = await server.listen(options.port ?? 0, host);
    log = await openLog(options);
    const { statistics, stop } = await serve(server, facts, log, options);
    facts.statistics = statistics;
    server.startTaking();
    void log.readRest();
    const close = async (): Promise<void> => {
      await stop();
      await lock.release();
    };
    let closing: Promise<void> | undefined;
    return {
      ...facts.address,
      url: `esdb://${host}:${facts.address.port}?tls=${options.tls !== undefined}`,
      statistics,
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await server.close();
    await log?.close();
    await lock.release();
    throw error;
  }
}

async function openLog(options: EventStoreOptions): Promise<EventLog> {
  const { dataDir, segmentBytes = 64 * MEBIBYTE, cacheBytes = 64 * MEBIBYTE } = options;
  const { onSyncFailure = () => undefined, onDamagedIndex = () => undefined, onDamagedLog = () => undefined } = options;
  const { readsAllAtStart } = options;
  const log = await EventLog.open({ dataDir, segmentBytes, cacheBytes, readsAllAtStart, onSyncFailure, onDamagedIndex, onDamagedLog });
  if (log.cut !== undefined) {
    const { bytes, file, offset } = log.cut;
    options.report?.(`cut ${bytes} bytes of an append that was never acknowledged off the end of ${file}, at offset ${offset}`);
  }
  return log;
}

// Puts every method on the server.
async function serve(
  server: GrpcServer,
  facts: NodeFacts,
  log: EventLog,
  options: EventStoreOptions,
): Promise<{ statistics: () => Statistics; stop: () => Promise<void> }> {
  const { appendBytesMax = MEBIBYTE } = options;
  const groups = await SubscriptionGroups.start(log);
  const projections = facts.hasProjections ? await Projections.start(log, options.startsStandardProjections === true) : undefined;
  const statistics = statisticsOf(server, log, groups);
  const timeouts = new AppendTimeouts(options.appendTimeoutMs);
  const services: Record<string, Record<string, Handler>> = {
    'streams.Streams': {
      Append: appendHandler(log, appendBytesMax, timeouts),
      BatchAppend: batchAppendHandler(log, appendBytesMax, timeouts),
      Read: readHandler(log),
      Delete: deleteHandler(log, 'delete'),
      Tombstone: deleteHandler(log, 'tombstone'),
    },
    'persistent_subscriptions.PersistentSubscriptions': groupHandlers(log, groups),
    'monitoring.Monitoring': { Stats: monitoringHandler(statistics) },
    'operations.Operations': operationsHandlers(groups),
    ...(projections === undefined ? {} : { 'projections.Projections': projectionHandlers(projections, () => log.log.durableEnd) }),
    'users.Users': usersHandlers(),
    'redaction.Redaction': redactionHandlers(),
    'gossip.Gossip': { Read: gossipHandler(() => facts.address) },
    'server_features.ServerFeatures': { GetSupportedMethods: supportedMethodsHandler(facts.hasProjections) },
  };
  for (const [service, methods] of Object.entries(services)) {
    for (const [method, handler] of Object.entries(methods)) server.handle(`/event_store.client.${service}/${method}`, handler);
  }
  const stop = async (): Promise<void> => {
    server.stopTaking();
    groups.stop();
    await projections?.stop();
    // Appends that were taken in are answered before their calls end: a client never learns of them otherwise.
    await new Promise<void>((resolve) => log.log.whenDurable(() => resolve()));
    await server.close();
    await log.close();
  };
  return { statistics, stop };
}
