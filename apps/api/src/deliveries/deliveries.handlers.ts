import { CommandHandler } from '@nestjs/cqrs';
import { Ledger, type CommandContext, type Receipt } from '#event-store';
import {
  completeProvisioning,
  failProvisioning,
  issueLicenseFile,
  pool,
  Rejected,
  requestProvisioning,
  reservation,
  reserve,
  type Actor,
} from '#licensing';
import { reservationId } from '../reservation-id.js';
import { accountKind } from '../pool/pool.references.js';
import { knownBefore, stepOf } from '../sub-command.js';
import {
  CompleteProvisioning,
  ConfirmProvisioning,
  FailProvisioning,
  IssueLicenseFile,
  RequestProvisioning,
} from './deliveries.commands.js';
import { LicenseFiles } from './license-files.js';

@CommandHandler(IssueLicenseFile)
export class IssueLicenseFileHandler {
  constructor(
    private readonly ledger: Ledger,
    private readonly files: LicenseFiles,
  ) {}

  async execute(command: IssueLicenseFile) {
    await Promise.all([this.files.signingKeys(), accountKind(this.ledger, command.accountId)]);
    return this.ledger.record(pool, command.accountId, command, issueLicenseFile);
  }
}

@CommandHandler(RequestProvisioning)
export class RequestProvisioningHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: RequestProvisioning) {
    await accountKind(this.ledger, command.accountId);
    return requestClaimed(this.ledger, command);
  }
}

@CommandHandler(CompleteProvisioning)
export class CompleteProvisioningHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: CompleteProvisioning) {
    await accountKind(this.ledger, command.accountId);
    return this.ledger.record(pool, command.accountId, command, completeProvisioning);
  }
}

@CommandHandler(FailProvisioning)
export class FailProvisioningHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: FailProvisioning) {
    await accountKind(this.ledger, command.accountId);
    return this.ledger.record(pool, command.accountId, { ...command, details: command.reason }, failProvisioning);
  }
}

@CommandHandler(ConfirmProvisioning)
export class ConfirmProvisioningHandler {
  constructor(private readonly ledger: Ledger) {}

  async execute(command: ConfirmProvisioning) {
    const accountId = await accountOfService(this.ledger, command.serviceId);
    const decide = command.outcome === 'provisioned' ? completeProvisioning : failProvisioning;
    return this.ledger.record(pool, accountId, { ...command, accountId }, decide);
  }
}

type Requesting = Pick<RequestProvisioning, 'accountId' | 'serviceId'> & { readonly context: CommandContext & { readonly actor: Actor } };

/**
 * Whose service it is is noted in a stream of its own before the request is recorded: a signed call names the service only. What the pool would
 * refuse is asked first, so that a refusal leaves nothing behind (ADR 066).
 */
async function requestClaimed(ledger: Ledger, command: Requesting): Promise<Receipt> {
  const { accountId, serviceId, context } = command;
  if (!context.dryRun) {
    const repeated = await knownBefore(ledger, pool, accountId, command, requestProvisioning);
    if (repeated !== undefined) return repeated;
    const claim = { kind: 'service', holder: accountId, context: stepOf(context, 'claim service') } as const;
    await ledger.record(reservation, reservationId('service', serviceId), claim, reserve);
  }
  return ledger.record(pool, accountId, command, requestProvisioning);
}

/** Errors: SERVICE_NOT_FOUND for one that nobody asked for. */
async function accountOfService(ledger: Ledger, serviceId: string): Promise<string> {
  const { holder } = (await ledger.load(reservation, reservationId('service', serviceId))).state;
  if (holder === undefined) throw new Rejected('SERVICE_NOT_FOUND', `Nobody asked for a service ${serviceId}.`, { serviceId });
  return holder;
}

export const deliveryHandlers = [
  IssueLicenseFileHandler,
  RequestProvisioningHandler,
  CompleteProvisioningHandler,
  FailProvisioningHandler,
  ConfirmProvisioningHandler,
];
