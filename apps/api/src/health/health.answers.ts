import { Choice, Flag, ListOf, LogPosition, Optional, OrNull, Part, Text, WholeNumber } from '../fields.js';

export class LiveAnswer {
  @Choice(['live'])
  readonly status: 'live';
}

export class StoreHealthAnswer {
  @Choice(['up', 'down'])
  readonly status: 'up' | 'down';

  @Optional()
  @Text({ max: 500, example: 'does not answer within 2000 ms' })
  readonly reason?: string;
}

export class StoppedAnswer {
  @LogPosition({ example: '18342', description: 'Of the event that could not be taken in' })
  readonly position: string;

  @Text({ example: '5f1c7a90-3b2e-5c41-a7d8-9e0f1a2b3c04' })
  readonly eventId: string;

  @Text({ max: 2000, example: 'LicenseAssigned names a lot that nobody has' })
  readonly reason: string;
}

export class ReadModelHealthAnswer {
  @Text({ example: 'pool-balance' })
  readonly name: string;

  @OrNull()
  @WholeNumber({ min: 1, max: 1_000_000, example: 1, description: 'null until the first version was filled' })
  readonly version: number | null;

  @OrNull()
  @LogPosition({ example: '18342', description: 'It holds everything up to here' })
  readonly position: string | null;

  @OrNull()
  @LogPosition({ example: '0', description: 'How far that is behind the end of the log, in positions; 0 when it has caught up' })
  readonly lag: string | null;

  @Flag({ example: false })
  readonly isStopped: boolean;

  @Optional()
  @Part(() => StoppedAnswer)
  readonly stopped?: StoppedAnswer;
}

export class HealthAnswer {
  @Choice(['ready', 'notReady'])
  readonly status: 'ready' | 'notReady';

  @Part(() => StoreHealthAnswer)
  readonly eventStore: StoreHealthAnswer;

  @Part(() => StoreHealthAnswer)
  readonly readStore: StoreHealthAnswer;

  @OrNull()
  @LogPosition({ example: '18342', description: 'The end of the log' })
  readonly position: string | null;

  @ListOf(() => ReadModelHealthAnswer, { min: 0, max: 100 })
  readonly readModels: ReadModelHealthAnswer[];
}
