import { Inject } from '@nestjs/common';
import { CommandHandler } from '@nestjs/cqrs';
import { Ledger, type EventLog } from '#event-store';
import { acceptDrawdown, approveDrawdown, cancelDrawdown, pool, rejectDrawdown } from '#licensing';
import { EVENT_LOG } from '../parts.js';
import { AcceptDrawdown, ApproveDrawdown, CancelDrawdown, RejectDrawdown, SubmitDrawdown } from './drawdown.commands.js';
import { submitFor } from './submission.js';

@CommandHandler(SubmitDrawdown)
export class SubmitDrawdownHandler {
  constructor(
    private readonly ledger: Ledger,
    @Inject(EVENT_LOG) private readonly log: EventLog,
  ) {}

  execute(command: SubmitDrawdown) {
    return submitFor(this.ledger, this.log, command);
  }
}

@CommandHandler(ApproveDrawdown)
export class ApproveDrawdownHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: ApproveDrawdown) {
    return this.ledger.record(pool, command.accountId, command, approveDrawdown);
  }
}

@CommandHandler(RejectDrawdown)
export class RejectDrawdownHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: RejectDrawdown) {
    return this.ledger.record(pool, command.accountId, command, rejectDrawdown);
  }
}

@CommandHandler(AcceptDrawdown)
export class AcceptDrawdownHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: AcceptDrawdown) {
    return this.ledger.record(pool, command.accountId, command, acceptDrawdown);
  }
}

@CommandHandler(CancelDrawdown)
export class CancelDrawdownHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: CancelDrawdown) {
    return this.ledger.record(pool, command.accountId, command, cancelDrawdown);
  }
}

export const drawdownHandlers = [
  SubmitDrawdownHandler,
  ApproveDrawdownHandler,
  RejectDrawdownHandler,
  AcceptDrawdownHandler,
  CancelDrawdownHandler,
];
