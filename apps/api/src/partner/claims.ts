import type { Command } from '@nestjs/cqrs';
import type { Ledger, Receipt } from '#event-store';
import { linkStore, partner, registerPartner, Rejected, release, reservation, reserve, type ReservationKind } from '#licensing';
import { reservationId } from '../reservation-id.js';
import { knownBefore, stepOf } from '../sub-command.js';
import { generatedPartnerCode } from './partner-code.js';
import type { LinkStore, RegisterPartner } from './partner.commands.js';

/**
 * Registers a partner under a code that nobody else has: the code is claimed in a stream of its own, then the partner is registered.
 * What the partner's own stream would refuse is asked first, so that a refusal leaves no claim behind. Repeated with the same key, the command
 * goes on where it was cut off. Errors: PARTNER_CODE_TAKEN.
 */
export async function registerWithCode(ledger: Ledger, command: Omit<RegisterPartner, keyof Command<unknown>>): Promise<Receipt> {
  const partnerId = command.context.commandId;
  const registration = { ...command, partnerId, partnerCode: command.partnerCode ?? generatedPartnerCode(partnerId) };
  const planned = await ledger.record(
    partner,
    partnerId,
    { ...registration, context: { ...command.context, dryRun: true } },
    registerPartner,
  );
  if (planned.facts.length > 0) await claim(ledger, command, 'partner-code', registration.partnerCode, partnerId);
  return ledger.record(partner, partnerId, registration, registerPartner);
}

/**
 * Links a partner to a store account that no other partner is linked to (000-01, 000-02). The claim is also how a purchase in the shop finds its partner.
 * Errors: STORE_ALREADY_LINKED.
 */
export async function linkClaimedStore(ledger: Ledger, command: Omit<LinkStore, keyof Command<unknown>>): Promise<Receipt> {
  const { partnerId, storeAccountId } = command;
  try {
    const repeated = await knownBefore(ledger, partner, partnerId, command, linkStore);
    if (repeated !== undefined) return repeated;
    await claim(ledger, command, 'store-account', storeAccountId, partnerId);
    return await ledger.record(partner, partnerId, command, linkStore);
  } catch (error) {
    // Another link of this partner came first, at the same time or when this one had been cut off: it must not keep its store account from others.
    if (error instanceof Rejected) await unclaim(ledger, command, 'store-account', storeAccountId, partnerId);
    throw error;
  }
}

type Claiming = Pick<RegisterPartner, 'context'>;

function claim(ledger: Ledger, { context }: Claiming, kind: ReservationKind, text: string, holder: string): Promise<Receipt> {
  return ledger.record(reservation, reservationId(kind, text), { kind, holder, context: stepOf(context, `claim ${kind}`) }, reserve);
}

function unclaim(ledger: Ledger, { context }: Claiming, kind: ReservationKind, text: string, holder: string): Promise<Receipt> {
  return ledger.record(reservation, reservationId(kind, text), { kind, holder, context: stepOf(context, `release ${kind}`) }, release);
}
