import { LedgerCommand } from '../http/input.js';
import { languages, type Language } from '#licensing';
import { Choice, Email, Id, Nullable, Optional, Reference, Text } from '../fields.js';
import { story } from '../story.js';

/** Registers an organization that may hold licenses and pass them on. */
export class RegisterPartner extends LedgerCommand {
  @Text({ example: 'さくらネットワークス株式会社' })
  readonly name: string;

  @Email({ example: 'license@sakura-networks.example' })
  readonly email: string;

  @Optional()
  @Text({
    max: 64,
    example: 'SAKURA-01',
    description: 'What customers enter to make this partner their dealer; made by the server when absent',
  })
  readonly partnerCode?: string;

  @Optional()
  @Choice(languages, { example: 'ja', description: '`en` when absent' })
  readonly language?: Language;
}

/** Changes what is given; the rest stays (JSON merge patch). */
export class ChangePartnerProfile extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly partnerId: string;

  @Nullable()
  @Text({ example: 'さくらネットワークス株式会社 ライセンス課' })
  readonly name?: string | null;

  @Nullable()
  @Email({ example: 'remo@sakura-networks.example' })
  readonly email?: string | null;

  @Nullable()
  @Choice(languages, { example: 'ja' })
  readonly language?: Language | null;
}

/** Links the partner to its account in the shop, once and for good (000-01, 000-02). */
export class LinkStore extends LedgerCommand {
  @Id({ example: story.partnerId })
  readonly partnerId: string;

  @Text({ max: 128, example: 'EC-20260401-0007', description: "The partner's account in the shop" })
  readonly storeAccountId: string;

  @Reference({
    max: 4096,
    example: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJFQy0yMDI2MDQwMS0wMDA3IiwiYXVkIjoibGljZW5zZS1sZWRnZXIiLCJleHAiOjE3NzUwMDk3MDB9.c2lnbmF0dXJl',
    description: 'Handed out by the shop: a JWT (HS256), `sub` the store account, `aud` `license-ledger`, `exp` within ten minutes',
  })
  readonly linkToken: string;
}
