import { matcher, type EventFilter } from '../event-filter.js';

/** Where a group begins when it has no checkpoint: a revision of its stream, or a position in $all. */
export type GroupStart = number | 'start' | 'end';

export const STRATEGIES = ['DispatchToSingle', 'RoundRobin', 'Pinned', 'PinnedByCorrelation'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** What a persistent subscription was created with. Times in milliseconds; numbers are taken as they come, as on the real server. */
export interface GroupSettings {
  /** Undefined for a group on $all. */
  stream: string | undefined;
  name: string;
  startFrom: GroupStart;
  /** The place where the end was when a group from the end was made: until it has a checkpoint it begins there, after a restart, too. */
  endWasAt?: number | undefined;
  /** Of a group on $all. */
  filter: EventFilter | undefined;
  resolveLinks: boolean;
  extraStatistics: boolean;
  messageTimeoutMs: number;
  retriesMax: number;
  checkpointAfterMs: number;
  checkpointCountMin: number;
  checkpointCountMax: number;
  /** 0 for any number. */
  consumersMax: number;
  liveBufferSize: number;
  readBatchSize: number;
  historyBufferSize: number;
  strategy: StrategyName;
}

/** What a group is about, in answers and stream names. */
export const sourceOf = ({ stream }: Pick<GroupSettings, 'stream'>): string => stream ?? '$all';
/** How a group is told from all others. */
export const keyOf = (stream: string | undefined, name: string): string => `${stream ?? '$all'}::${name}`;
export const checkpointStreamOf = (settings: GroupSettings): string =>
  `$persistentsubscription-${keyOf(settings.stream, settings.name)}-checkpoint`;
export const parkedStreamOf = (settings: GroupSettings): string =>
  `$persistentsubscription-${keyOf(settings.stream, settings.name)}-parked`;

/** A place in the source of a group as text: a revision, or `C:commit/P:prepare`. */
export function placeText(settings: Pick<GroupSettings, 'stream'>, place: number | 'start' | 'end'): string {
  const number = place === 'start' ? 0 : place === 'end' ? -1 : place;
  return settings.stream === undefined ? `C:${number}/P:${number}` : String(number);
}

export function parsePlace(text: string): number | undefined {
  const match = /^(?:C:)?(-?\d+)(?:\/P:-?\d+)?$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** A group as it stands in the configuration stream. What is zero or false is left out. */
export function toConfiguration(settings: GroupSettings): Record<string, unknown> {
  const entry = {
    stream: sourceOf(settings),
    group: settings.name,
    filter: settings.filter,
    resolveLinkTos: settings.resolveLinks,
    extraStatistics: settings.extraStatistics,
    messageTimeout: settings.messageTimeoutMs,
    startPosition: placeText(settings, settings.startFrom),
    endWasAt: settings.endWasAt === undefined ? undefined : placeText(settings, settings.endWasAt),
    liveBufferSize: settings.liveBufferSize,
    historyBufferSize: settings.historyBufferSize,
    maxRetryCount: settings.retriesMax,
    readBatchSize: settings.readBatchSize,
    checkPointAfter: settings.checkpointAfterMs,
    minCheckPointCount: settings.checkpointCountMin,
    maxCheckPointCount: settings.checkpointCountMax,
    maxSubscriberCount: settings.consumersMax,
    namedConsumerStrategy: settings.strategy,
  };
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => Boolean(value)));
}

/** @throws when no group can be made of it */
export function fromConfiguration(entry: Record<string, unknown>): GroupSettings {
  const number = (key: string): number => (typeof entry[key] === 'number' ? entry[key] : 0);
  const place = parsePlace(String(entry['startPosition'])) ?? 0;
  const filter = entry['filter'] as EventFilter | undefined;
  if (filter !== undefined) matcher(filter);
  if (!STRATEGIES.includes(entry['namedConsumerStrategy'] as StrategyName)) throw new Error('a group without a strategy');
  return {
    stream: entry['stream'] === '$all' ? undefined : String(entry['stream']),
    name: typeof entry['group'] === 'string' ? entry['group'] : '',
    startFrom: place === -1 ? 'end' : place === 0 ? 'start' : place,
    endWasAt: parsePlace(String(entry['endWasAt'])),
    filter,
    resolveLinks: entry['resolveLinkTos'] === true,
    extraStatistics: entry['extraStatistics'] === true,
    messageTimeoutMs: number('messageTimeout'),
    retriesMax: number('maxRetryCount'),
    checkpointAfterMs: number('checkPointAfter'),
    checkpointCountMin: number('minCheckPointCount'),
    checkpointCountMax: number('maxCheckPointCount'),
    consumersMax: number('maxSubscriberCount'),
    liveBufferSize: number('liveBufferSize'),
    readBatchSize: number('readBatchSize'),
    historyBufferSize: number('historyBufferSize'),
    strategy: entry['namedConsumerStrategy'] as StrategyName,
  };
}
