import { Instant, WholeNumber } from '../fields.js';
import { LedgerCommand, Question } from '../http/input.js';

/** Moves the sandbox's time forwards. */
export class MoveClock extends LedgerCommand {
  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'The time it is to be from now on; not before the present one' })
  readonly now: string;
}

export class ReadClock extends Question {}

export class ClockAnswer {
  @Instant({ example: '2027-04-01T00:00:00.000Z', description: 'The time it is; it stands still until it is moved' })
  readonly now: string;
}

export class ClockMovedAnswer extends ClockAnswer {
  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 3, description: 'How many facts came of what fell due by this time' })
  readonly fired: number;
}
