import { LedgerCommand } from '../http/input.js';
import { languages, type Language } from '#licensing';
import { Choice, Email, Id, Nullable, Optional, Text, Website } from '../fields.js';
import { story } from '../story.js';

/** Registers an organization or person that uses licenses. */
export class RegisterCustomer extends LedgerCommand {
  @Text({ example: '山田警備保障株式会社' })
  readonly name: string;

  @Optional()
  @Text({ example: 'ヤマダケイビホショウ', description: 'How the name is read (kana), so that a search finds it' })
  readonly nameReading?: string;

  @Email({ example: 'kanri@yamada-keibi.example' })
  readonly email: string;

  @Optional()
  @Choice(languages, { example: 'ja', description: '`en` when absent' })
  readonly language?: Language;
}

/** Changes what is given; null takes it away, but for a name and an e-mail address; the rest stays (JSON merge patch). */
export class ChangeCustomerProfile extends LedgerCommand {
  @Id({ example: story.customerId })
  readonly customerId: string;

  @Nullable()
  @Text({ example: '山田総合警備株式会社' })
  readonly name?: string | null;

  @Nullable()
  @Text({ example: 'ヤマダソウゴウケイビ' })
  readonly nameReading?: string | null;

  @Nullable()
  @Email({ example: 'kanri@yamada-sogo.example' })
  readonly email?: string | null;

  @Nullable()
  @Text({ example: '山田花子', description: 'Whom to ask for' })
  readonly contactName?: string | null;

  @Nullable()
  @Website({ example: 'https://www.yamada-sogo.example' })
  readonly website?: string | null;

  @Nullable()
  @Choice(languages, { example: 'ja' })
  readonly language?: Language | null;
}

/** Makes the partner with this code the customer's dealer; another one is replaced (001-03). */
export class LinkDealer extends LedgerCommand {
  @Id({ example: story.customerId })
  readonly customerId: string;

  @Text({ max: 64, example: 'SAKURA-01' })
  readonly partnerCode: string;
}

/** Ends the link: the partner sees the customer no longer. What it gave stays given. */
export class UnlinkDealer extends LedgerCommand {
  @Id({ example: story.customerId })
  readonly customerId: string;

  @Optional()
  @Text({ max: 64, example: 'SAKURA-01', description: 'The dealer meant; absent: whoever it is' })
  readonly partnerCode?: string;
}
