import { IntersectionType } from '@nestjs/swagger';
import { roles, type Role } from '#licensing';
import { Choice, Email, Flag, Id, ListOf, Optional, OrNull, Part, Text } from '../fields.js';
import { ReceiptAnswer } from '../receipt.answers.js';

/** A user as the user itself sees it. */
export class UserAnswer {
  @Id()
  readonly id: string;

  @Text({ max: 254, example: 'hanako.sato' })
  readonly login: string;

  @Choice(roles, { example: 'auditor' })
  readonly role: Role;

  @OrNull()
  @Id({ description: 'null for the vendor’s own people' })
  readonly accountId: string | null;
}

export class ProfileAnswer extends UserAnswer {
  @Optional()
  @Email()
  readonly email?: string;

  @Optional()
  @Email({ example: 'licenses@example.com' })
  readonly notificationEmail?: string;

  @Optional()
  @Text({ example: '花子' })
  readonly givenName?: string;

  @Optional()
  @Text({ example: '佐藤' })
  readonly familyName?: string;
}

export class UserCreatedAnswer extends IntersectionType(ProfileAnswer, ReceiptAnswer) {
  @Id({ description: 'The same as `id`' })
  readonly userId: string;
}

/** An account that the user has to do with. */
export class AccountAnswer {
  @Id()
  readonly accountId: string;

  @Choice(['partner', 'customer'])
  readonly kind: 'partner' | 'customer';

  @Text({ example: 'さくらネットワークス株式会社' })
  readonly name: string;

  @Choice(['own', 'customer', 'drawdown'])
  readonly relation: 'own' | 'customer' | 'drawdown';

  @Text({ example: '/v1/partners/7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11' })
  readonly href: string;

  @Text({ example: '/v1/pools/7b1f5c1e-4b0e-4c39-9d0a-0a8f1b0f6d11', description: 'Its entitlements' })
  readonly poolHref: string;
}

export class MeAnswer {
  @Part(() => ProfileAnswer)
  readonly user: ProfileAnswer;

  @ListOf(() => AccountAnswer, {
    min: 0,
    max: 500,
    description:
      'Whose entitlements this user may see: its own account, the customers that made it their dealer, and those that its drawdowns registered',
  })
  readonly accounts: AccountAnswer[];

  @Flag({
    description: 'false: there are more than are named here; the customers of a partner are in `/v1/partners/{partnerId}/customers`',
  })
  readonly complete: boolean;
}
