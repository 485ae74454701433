import { IntersectionType } from '@nestjs/swagger';
import { languages, type Language } from '#licensing';
import { Choice, Email, Id, Instant, ListOf, Optional, OrNull, Part, Text, Website, WholeNumber } from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';
import { story } from '../story.js';

/** The partner that the customer made its dealer. */
export class DealerAnswer {
  @Id({ example: story.partnerId })
  readonly partnerId: string;

  @Text({ max: 64, example: 'SAKURA-01' })
  readonly partnerCode: string;

  @Text({ example: 'さくらネットワークス株式会社' })
  readonly name: string;
}

export class CustomerAnswer {
  @Id({ example: story.customerId })
  readonly customerId: string;

  @Text({ example: '山田警備保障株式会社' })
  readonly name: string;

  @Optional()
  @Text({ example: 'ヤマダケイビホショウ' })
  readonly nameReading?: string;

  @Email({ example: 'kanri@yamada-keibi.example' })
  readonly email: string;

  @Optional()
  @Text({ example: '山田花子', description: 'Whom to ask for' })
  readonly contactName?: string;

  @Optional()
  @Website({ example: 'https://www.yamada-keibi.example' })
  readonly website?: string;

  @Choice(languages, { example: 'ja' })
  readonly language: Language;

  @OrNull()
  @Part(() => DealerAnswer)
  readonly dealer: DealerAnswer | null;
}

export class CustomerChangedAnswer extends IntersectionType(CustomerAnswer, ReceiptAnswer) {}

/** A customer as its dealer's list shows it (001-10). */
export class LinkedCustomerAnswer {
  @Id({ example: story.customerId })
  readonly customerId: string;

  @Text({ example: '山田警備保障株式会社' })
  readonly name: string;

  @Optional()
  @Text({ example: 'ヤマダケイビホショウ' })
  readonly nameReading?: string;

  @Email({ example: 'kanri@yamada-keibi.example' })
  readonly email: string;

  @Instant({ example: '2026-04-01T01:00:00.000Z', description: 'When it made this partner its dealer' })
  readonly linkedAt: string;
}

/** A page of 20; page 2 exists from the 21st customer (001-11). */
export class LinkedCustomersAnswer {
  @ListOf(() => LinkedCustomerAnswer, { min: 0, max: 20 })
  readonly items: readonly LinkedCustomerAnswer[];

  @WholeNumber({ min: 1, max: 100_000, example: 1 })
  readonly page: number;

  @WholeNumber({ min: 20, max: 20, example: 20 })
  readonly pageSize: number;

  @WholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, example: 1, description: 'How many customers the question finds on all pages' })
  readonly total: number;
}
