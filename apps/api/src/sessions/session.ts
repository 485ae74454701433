import { Instant, Part, Password, Text } from '../fields.js';
import { LedgerCommand } from '../http/input.js';
import { UserAnswer } from '../users/user.answers.js';

/** Who somebody says to be, and the proof. */
export class SignIn extends LedgerCommand<SessionAnswer> {
  @Text({ max: 254, example: 'hanako.sato' })
  readonly login: string;

  @Password({ min: 1, example: 'correct horse battery' })
  readonly password: string;
}

export class SessionAnswer {
  @Text({ max: 4096, example: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl', description: 'Send it as `Authorization: Bearer …`' })
  readonly accessToken: string;

  @Instant()
  readonly expiresAt: string;

  @Part(() => UserAnswer)
  readonly user: UserAnswer;
}
