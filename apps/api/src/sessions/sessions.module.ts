import { Controller, Inject, Module, Req } from '@nestjs/common';
import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import { Ledger, type CommandContext } from '#event-store';
import { credential, recordLogin, recordLoginFailure, Rejected, reservation, user, type Actor } from '#licensing';
import { Passwords, RateLimit, Tokens, type Settings } from '#platform';
import { Input } from '../http/input.js';
import type { ApiRequest } from '../http/request.js';
import { Section, Writes } from '../http/route.js';
import { SETTINGS } from '../parts.js';
import { loginReservation } from '../users/new-user.js';
import { SessionAnswer, SignIn } from './session.js';

/**
 * Login and password against a token. A wrong login, a wrong password and a user without one get the same answer after the same work,
 * so that nobody learns which logins exist.
 */
@CommandHandler(SignIn)
export class SignInHandler implements ICommandHandler<SignIn> {
  constructor(
    private readonly ledger: Ledger,
    private readonly passwords: Passwords,
    private readonly tokens: Tokens,
  ) {}

  async execute({ login, password, context: { correlationId } }: SignIn): Promise<SessionAnswer> {
    const { holder } = (await this.ledger.load(reservation, loginReservation(login))).state;
    const found = holder === undefined ? undefined : (await this.ledger.load(user, holder)).state;
    const { userId, role, accountId, person } = { ...found };
    const { passwordHash } = holder === undefined ? {} : (await this.ledger.load(credential, holder)).state;
    const matched = await this.passwords.matches(passwordHash, password);
    if (userId === undefined || role === undefined || person === undefined) throw signInFailed();
    const actor: Actor = { userId, role, ...(accountId !== undefined && { accountId }) };
    const context = signInContext(actor, correlationId);
    if (!matched) {
      const reason = passwordHash === undefined ? 'noPassword' : 'wrongPassword';
      await this.ledger.record(user, userId, { userId, reason, context } as const, recordLoginFailure);
      throw signInFailed();
    }
    await this.ledger.record(user, userId, { userId, context }, recordLogin);
    return { ...(await this.tokens.issue(actor)), user: { id: userId, login: person.login, role, accountId: accountId ?? null } };
  }
}

/** Each sign-in is one of its own, whatever key it came with; and what was typed leaves no trace, not even as a hash. */
function signInContext(actor: Actor, correlationId: string): CommandContext & { readonly actor: Actor } {
  const commandId = randomUUID();
  return { commandId, inputHash: commandId.replaceAll('-', '').padEnd(64, '0'), correlationId, actor };
}

function signInFailed(): Rejected {
  return new Rejected('SIGN_IN_FAILED', 'The login or the password is wrong');
}

@Section('Sessions')
@Controller('v1/sessions')
export class SessionsController {
  private readonly signIns: RateLimit;

  constructor(
    private readonly commands: CommandBus,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.signIns = new RateLimit(settings.limitSignInPerMinute, 'sign-ins from your address');
  }

  @Writes('POST', '', { may: 'anyone', summary: 'Sign in', answer: SessionAnswer, takesConditions: false, refuses: [401] })
  async signIn(@Req() request: ApiRequest, @Input() command: SignIn): Promise<SessionAnswer> {
    await this.signIns.take(request.ip);
    return this.commands.execute(command);
  }
}

@Module({ controllers: [SessionsController], providers: [SignInHandler] })
export class SessionsModule {}
