import type { EventFilter } from '../event-filter.js';
import { STRATEGIES, type GroupSettings, type GroupStart, type StrategyName } from '../groups/settings.js';
import type { ProtobufReader } from './protobuf.js';
import { readFilter, readPosition, startFrom } from './read-request.js';
import { groupFailed, handlerFailed, invalidArgument } from './status.js';

const TICKS_IN_A_MS = 10_000;
const FOR_EVER_MS = 2_147_483_647;

/** Which group a request is about, with whatever else its options hold. */
export interface GroupReference {
  /** Undefined for $all. */
  stream: string | undefined;
  name: string;
}

const signed32 = (reader: ProtobufReader): number => Number(BigInt.asIntN(32, reader.bigVarint()));
const signed64 = (reader: ProtobufReader): number => Number(BigInt.asIntN(64, reader.bigVarint()));

/** The name in a stream identifier. */
export function readStreamName(identifier: ProtobufReader): string {
  let name = '';
  while (identifier.next()) {
    if (identifier.field === 3) name = identifier.text();
    else identifier.skip();
  }
  return name;
}

/**
 * Reads what a group is to be, from the options of Create and Update.
 * @throws {Status} what the real server refuses, in its words
 */
export function readGroupSettings(options: ProtobufReader, method: 'CreateReq' | 'UpdateReq'): GroupSettings {
  let stream: string | undefined;
  let isAll = false;
  let name = '';
  let from: GroupStart | undefined;
  let filter: EventFilter | undefined;
  let settings: ReturnType<typeof readSettings> | undefined;
  let isOlderForm = false;
  while (options.next()) {
    switch (options.field) {
      case 1:
        stream = readStreamName(options.message());
        isOlderForm = true;
        break;
      case 2:
        name = options.text();
        break;
      case 3:
        settings = readSettings(options.message());
        break;
      case 4: {
        isOlderForm = false;
        const inner = options.message();
        while (inner.next()) {
          if (inner.field === 1) stream = readStreamName(inner.message());
          else if (inner.field === 2) from = startFrom(inner.exactVarint());
          else {
            if (inner.field === 3 || inner.field === 4) from = inner.field === 3 ? 'start' : 'end';
            inner.skip();
          }
        }
        break;
      }
      case 5: {
        isAll = true;
        const inner = options.message();
        while (inner.next()) {
          if (inner.field === 1) from = readPosition(inner.message()).commit;
          else if (inner.field === 4) filter = filterOf(readFilter(inner.message()), method);
          else {
            if (inner.field === 2 || inner.field === 3) from = inner.field === 2 ? 'start' : 'end';
            inner.skip();
          }
        }
        break;
      }
      default:
        options.skip();
    }
  }
  if ((stream === undefined && !isAll) || settings === undefined) throw handlerFailed();
  // The real server never answers this.
  if (!isAll && stream === '') throw invalidArgument('A persistent subscription needs the name of a stream, or $all.');
  if (isOlderForm) from = settings.revision;
  if (from === undefined) {
    const what = isAll ? 'AllOptions+AllOptionOneofCase' : 'StreamOptions+RevisionOptionOneofCase';
    throw invalidArgument(`'None' is not a valid EventStore.Client.PersistentSubscriptions.${method}+Types+${what}`);
  }
  const source = isAll ? '$all' : stream!;
  const { strategy, readBatchSize, historyBufferSize } = settings;
  if (!STRATEGIES.includes(strategy as StrategyName)) throw groupFailed(source, name, `Consumer strategy ${strategy} does not exist.`);
  if (readBatchSize >= historyBufferSize && (readBatchSize !== 0 || historyBufferSize !== 0)) {
    throw groupFailed(source, name, TOO_LARGE_A_BATCH);
  }
  const { revision: _, ...rest } = settings;
  return {
    ...rest,
    strategy: strategy as StrategyName,
    stream: isAll ? undefined : stream,
    name,
    startFrom: from === 0 ? 'start' : from,
    filter,
  };
}

const TOO_LARGE_A_BATCH =
  "Specified argument was out of the range of valid values. (Parameter 'ReadBatchSize may not be greater than or equal to BufferSize')";

function filterOf(parts: ReturnType<typeof readFilter>, method: string): EventFilter {
  if (parts.on === undefined) {
    throw invalidArgument(
      `'None' is not a valid EventStore.Client.PersistentSubscriptions.${method}+Types+AllOptions+Types+FilterOptions+FilterOneofCase`,
    );
  }
  return { on: parts.on, prefixes: parts.prefixes, regex: parts.regex === '' ? undefined : parts.regex };
}

// Times come in milliseconds, or as older clients send them in ticks of 100 ns. A checkpoint time of zero means never.
function readSettings(reader: ProtobufReader) {
  const settings = {
    resolveLinks: false,
    extraStatistics: false,
    messageTimeoutMs: 0,
    retriesMax: 0,
    checkpointAfterMs: 0,
    checkpointCountMin: 0,
    checkpointCountMax: 0,
    consumersMax: 0,
    liveBufferSize: 0,
    readBatchSize: 0,
    historyBufferSize: 0,
    strategy: '',
    revision: 0 as GroupStart,
  };
  let strategyNumber = 0;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        settings.resolveLinks = reader.varint() !== 0;
        break;
      case 2:
        settings.revision = startFrom(reader.exactVarint());
        break;
      case 3:
        settings.extraStatistics = reader.varint() !== 0;
        break;
      case 4:
        settings.messageTimeoutMs = Math.trunc(signed64(reader) / TICKS_IN_A_MS);
        break;
      case 5:
        settings.retriesMax = signed32(reader);
        break;
      case 6:
        settings.checkpointAfterMs = Math.trunc(signed64(reader) / TICKS_IN_A_MS);
        break;
      case 7:
        settings.checkpointCountMin = signed32(reader);
        break;
      case 8:
        settings.checkpointCountMax = signed32(reader);
        break;
      case 9:
        settings.consumersMax = signed32(reader);
        break;
      case 10:
        settings.liveBufferSize = signed32(reader);
        break;
      case 11:
        settings.readBatchSize = signed32(reader);
        break;
      case 12:
        settings.historyBufferSize = signed32(reader);
        break;
      case 13:
        strategyNumber = reader.varint();
        break;
      case 14:
        settings.messageTimeoutMs = signed32(reader);
        break;
      case 15:
        settings.checkpointAfterMs = signed32(reader);
        break;
      case 16:
        settings.strategy = reader.text();
        break;
      default:
        reader.skip();
    }
  }
  if (settings.strategy === '') settings.strategy = strategyNumber < 3 ? STRATEGIES[strategyNumber]! : String(strategyNumber);
  if (settings.checkpointAfterMs === 0) settings.checkpointAfterMs = FOR_EVER_MS;
  return settings;
}
