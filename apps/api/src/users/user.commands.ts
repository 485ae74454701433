import { languages, roles, type Language, type Role } from '#licensing';
import { Choice, Email, Flag, Id, Optional, Password, Text } from '../fields.js';
import { LedgerCommand } from '../http/input.js';

/** Somebody may sign in from now on. */
export class CreateUser extends LedgerCommand {
  @Text({ max: 254, example: 'hanako.sato', description: 'Unique; case, width and surrounding space do not count' })
  readonly login: string;

  @Choice(roles, { example: 'auditor' })
  readonly role: Exclude<Role, 'system'>;

  @Optional()
  @Id({ description: 'The partner or customer the user belongs to; the vendor’s own people have none' })
  readonly accountId?: string;

  @Optional()
  @Email({ example: 'hanako.sato@example.com' })
  readonly email?: string;

  @Optional()
  @Email({ example: 'licenses@example.com' })
  readonly notificationEmail?: string;

  @Optional()
  @Text({ max: 100, example: '花子' })
  readonly givenName?: string;

  @Optional()
  @Text({ max: 100, example: '佐藤' })
  readonly familyName?: string;

  @Optional()
  @Choice(languages, { example: 'ja' })
  readonly language?: Language;

  @Optional()
  @Password({ min: 8, example: 'correct horse battery', description: 'Absent: the user cannot sign in yet' })
  readonly password?: string;

  @Optional()
  @Flag({ only: false, description: 'Users are activated by their password; mails are not sent' })
  readonly sendActivation?: boolean;
}
