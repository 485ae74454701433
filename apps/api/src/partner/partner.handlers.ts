import { Inject } from '@nestjs/common';
import { CommandHandler } from '@nestjs/cqrs';
import { Ledger } from '#event-store';
import { changePartnerProfile, partner } from '#licensing';
import type { Clock, Secrets, Settings } from '#platform';
import { CLOCK, SECRETS, SETTINGS } from '../parts.js';
import { shopTimes } from '../store/signed-call.js';
import { linkClaimedStore, registerWithCode } from './claims.js';
import { verifyLinkToken } from './link-token.js';
import { ChangePartnerProfile, LinkStore, RegisterPartner } from './partner.commands.js';

@CommandHandler(RegisterPartner)
export class RegisterPartnerHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: RegisterPartner) {
    return registerWithCode(this.ledger, command);
  }
}

@CommandHandler(ChangePartnerProfile)
export class ChangePartnerProfileHandler {
  constructor(private readonly ledger: Ledger) {}

  execute(command: ChangePartnerProfile) {
    return this.ledger.record(partner, command.partnerId, command, changePartnerProfile);
  }
}

@CommandHandler(LinkStore)
export class LinkStoreHandler {
  constructor(
    private readonly ledger: Ledger,
    @Inject(SECRETS) private readonly secrets: Secrets,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async execute(command: LinkStore) {
    const times = shopTimes(this.clock, this.settings.sandbox);
    await verifyLinkToken(this.secrets.storeSecret, command.storeAccountId, command.linkToken, times);
    return linkClaimedStore(this.ledger, command);
  }
}

export const partnerHandlers = [RegisterPartnerHandler, ChangePartnerProfileHandler, LinkStoreHandler];
