import { IntersectionType } from '@nestjs/swagger';
import { languages, type Language } from '#licensing';
import { Choice, Email, Flag, Id, Text } from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';

/** What a partner sees of itself (001-07). */
export class PartnerAnswer {
  @Id({ example: story.partnerId })
  readonly partnerId: string;

  @Text({ example: 'さくらネットワークス株式会社' })
  readonly name: string;

  @Email({ example: 'license@sakura-networks.example' })
  readonly email: string;

  @Text({ max: 64, example: 'SAKURA-01', description: 'What customers enter to make this partner their dealer' })
  readonly partnerCode: string;

  @Choice(languages, { example: 'ja' })
  readonly language: Language;

  @Flag({ example: false, description: 'Whether purchases in the shop land in this partner’s pool' })
  readonly storeLinked: boolean;

  @Flag({ example: true, description: 'Whether to ask the partner for the link to the shop: each time, until it is linked (000-03)' })
  readonly promptStoreLink: boolean;
}

export class PartnerChangedAnswer extends IntersectionType(PartnerAnswer, ReceiptAnswer) {}
