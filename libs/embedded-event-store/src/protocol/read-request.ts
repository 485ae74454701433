import { matcher, type EventFilter } from '../event-filter.js';
import { ProtobufReader } from './protobuf.js';
import type { UuidNotation } from './read-response.js';
import { handlerFailed, invalidArgument } from './status.js';

const NO_NUMBER = 2n ** 64n - 1n;
const NUMBER_END = 2n ** 63n;
/** The largest window and batch the real server reads at once; its default. */
const SEARCH_WINDOW = 32;

export interface ReadRequest {
  /** What is read: a stream by its name, or the whole log. */
  stream: Buffer | undefined;
  from: number | 'start' | 'end';
  isBackwards: boolean;
  resolveLinks: boolean;
  /** How many events at most; undefined for a subscription. */
  count: number | undefined;
  filter: { match: EventFilter; window: number; interval: number } | undefined;
  /** Undefined is refused only when there is an event to show. */
  uuid: UuidNotation | undefined;
  /** Control messages about the first and last revision of a stream come from 1 on. */
  compatibility: number;
}

interface Parts {
  stream?: Buffer;
  isAll: boolean;
  hasName: boolean;
  from?: number | 'start' | 'end';
  /** Of a position in $all: what a read backwards begins before. */
  prepare?: number | 'end';
  direction: number;
  resolveLinks: boolean;
  count?: number;
  isSubscription: boolean;
  filter?: FilterParts;
  hasNoFilter: boolean;
  uuid?: UuidNotation;
  compatibility: number;
}

interface FilterParts {
  on?: 'stream' | 'type';
  regex: string;
  prefixes: string[];
  window?: number | 'default';
  interval: number;
}

/**
 * Reads a ReadReq and refuses what the real server refuses, in its words.
 * @throws {Status}
 */
export function readReadRequest(message: Buffer): ReadRequest {
  const request = new ProtobufReader(message);
  let parts: Parts | undefined;
  while (request.next()) {
    if (request.field === 1) parts = readParts(request.message());
    else request.skip();
  }
  if (parts === undefined) throw handlerFailed();
  const { stream, isAll, from, direction, count, isSubscription, filter, hasNoFilter } = parts;
  if (stream === undefined && !isAll)
    throw invalidArgument("'None' is not a valid EventStore.Client.Streams.ReadReq+Types+Options+StreamOptionOneofCase");
  if (from === undefined || (stream !== undefined && (!parts.hasName || stream.length === 0))) throw handlerFailed();
  const what = isAll ? 'All' : 'Stream';
  const howMany = isSubscription ? 'Subscription' : count === undefined ? 'None' : 'Count';
  const way = direction === 0 ? 'Forwards' : direction === 1 ? 'Backwards' : String(direction);
  const filtering = filter !== undefined ? 'Filter' : hasNoFilter ? 'NoFilter' : 'None';
  const isKnown = howMany !== 'None' && filtering !== 'None' && direction <= 1;
  if (!isKnown || (!isAll && filter !== undefined) || (isSubscription && direction !== 0)) {
    throw invalidArgument(`The combination of (${what}, ${howMany}, ${way}, ${filtering}) is invalid.`);
  }
  return {
    stream: isAll ? undefined : stream,
    from: direction === 1 && parts.prepare ? parts.prepare : from,
    isBackwards: direction === 1,
    resolveLinks: parts.resolveLinks,
    count: isSubscription ? undefined : count,
    filter: filter === undefined ? undefined : filterOf(filter, isSubscription),
    uuid: parts.uuid,
    compatibility: parts.compatibility,
  };
}

function filterOf(parts: FilterParts, isSubscription: boolean): ReadRequest['filter'] {
  const { on, regex, prefixes, window, interval } = parts;
  if (window === undefined) {
    throw invalidArgument("'None' is not a valid EventStore.Client.Streams.ReadReq+Types+Options+Types+FilterOptions+WindowOneofCase");
  }
  if (on === undefined) {
    const shown = `{ ${window === 'default' ? '"count": { }' : `"max": ${window}`}, "checkpointIntervalMultiplier": ${interval} }`;
    throw invalidArgument(`'${shown}' is not a valid EventStore.Client.Streams.ReadReq+Types+Options+Types+FilterOptions`);
  }
  if (isSubscription && interval === 0) throw handlerFailed();
  const match = { on, prefixes, regex: regex === '' ? undefined : regex };
  try {
    matcher(match);
  } catch {
    throw handlerFailed();
  }
  return { match, window: window === 'default' || window === 0 ? SEARCH_WINDOW : window, interval };
}

function readParts(reader: ProtobufReader): Parts {
  const parts: Parts = {
    isAll: false,
    hasName: false,
    direction: 0,
    resolveLinks: false,
    isSubscription: false,
    hasNoFilter: false,
    compatibility: 0,
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        readStreamOptions(reader.message(), parts);
        break;
      case 2:
        readAllOptions(reader.message(), parts);
        break;
      case 3:
        parts.direction = reader.varint();
        break;
      case 4:
        parts.resolveLinks = reader.varint() !== 0;
        break;
      case 5:
        parts.count = reader.varint();
        break;
      case 6:
        parts.isSubscription = true;
        reader.skip();
        break;
      case 7:
        parts.filter = readFilter(reader.message());
        break;
      case 8:
        parts.hasNoFilter = true;
        reader.skip();
        break;
      case 9: {
        const option = reader.message();
        while (option.next()) {
          parts.uuid = option.field === 2 ? 'text' : 'halves';
          option.skip();
        }
        break;
      }
      case 10: {
        const option = reader.message();
        while (option.next()) {
          if (option.field === 1) parts.compatibility = option.varint();
          else option.skip();
        }
        break;
      }
      default:
        reader.skip();
    }
  }
  return parts;
}

// The largest number stands for the end; what is beyond the signed range is refused.
export function startFrom(number: number | bigint): number | 'end' {
  if (typeof number === 'number') return number;
  if (number === NO_NUMBER) return 'end';
  if (number >= NUMBER_END) throw handlerFailed();
  return Number(number);
}

function readStreamOptions(reader: ProtobufReader, parts: Parts): void {
  parts.stream = Buffer.alloc(0);
  while (reader.next()) {
    if (reader.field === 1) {
      parts.hasName = true;
      const identifier = reader.message();
      while (identifier.next()) {
        if (identifier.field === 3) parts.stream = identifier.view();
        else identifier.skip();
      }
    } else if (reader.field === 2) parts.from = startFrom(reader.exactVarint());
    else {
      if (reader.field === 3 || reader.field === 4) parts.from = reader.field === 3 ? 'start' : 'end';
      reader.skip();
    }
  }
}

/**
 * A position in $all. The commit position must not be before the prepare position.
 * @throws {Status}
 */
export function readPosition(reader: ProtobufReader): { commit: number | 'end'; prepare: number | 'end' } {
  let commit: number | bigint = 0;
  let prepare: number | bigint = 0;
  while (reader.next()) {
    if (reader.field === 1) commit = reader.exactVarint();
    else if (reader.field === 2) prepare = reader.exactVarint();
    else reader.skip();
  }
  if (commit < prepare) throw handlerFailed();
  return { commit: startFrom(commit), prepare: startFrom(prepare) };
}

function readAllOptions(reader: ProtobufReader, parts: Parts): void {
  parts.isAll = true;
  while (reader.next()) {
    if (reader.field === 1) {
      const { commit, prepare } = readPosition(reader.message());
      parts.from = commit;
      parts.prepare = prepare;
    } else {
      if (reader.field === 2 || reader.field === 3) parts.from = reader.field === 2 ? 'start' : 'end';
      reader.skip();
    }
  }
}

/** The parts of a filter on $all, as they came. */
export function readFilter(reader: ProtobufReader): FilterParts {
  const parts: FilterParts = { regex: '', prefixes: [], interval: 0 };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
      case 2: {
        parts.on = reader.field === 1 ? 'stream' : 'type';
        const expression = reader.message();
        while (expression.next()) {
          if (expression.field === 1) parts.regex = expression.text();
          else if (expression.field === 2) parts.prefixes.push(expression.text());
          else expression.skip();
        }
        break;
      }
      case 3:
        parts.window = reader.varint();
        break;
      case 4:
        parts.window = 'default';
        reader.skip();
        break;
      case 5:
        parts.interval = reader.varint();
        break;
      default:
        reader.skip();
    }
  }
  return parts;
}
