import { Controller, Module } from '@nestjs/common';
import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Ledger, type Receipt } from '#event-store';
import { Passwords } from '#platform';
import { written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { createUserAs } from './new-user.js';
import { Profiles } from './profiles.js';
import { MeAnswer, UserCreatedAnswer } from './user.answers.js';
import { CreateUser } from './user.commands.js';
import { WhoAmI } from './user.questions.js';

@CommandHandler(CreateUser)
export class CreateUserHandler implements ICommandHandler<CreateUser> {
  constructor(
    private readonly ledger: Ledger,
    private readonly passwords: Passwords,
  ) {}

  execute(command: CreateUser): Promise<Receipt> {
    return createUserAs(this.ledger, this.passwords, command);
  }
}

@Section('Users')
@Controller('v1')
export class UsersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly profiles: Profiles,
  ) {}

  @Writes('POST', 'users', {
    may: 'createUser',
    summary: 'Create a user',
    description: 'An operator creates anybody; a customer’s administrator users of its own customer. The password is never shown again.',
    status: 201,
    answer: UserCreatedAnswer,
    refuses: [404],
    example: {
      login: 'hanako.sato',
      role: 'auditor',
      email: 'hanako.sato@example.com',
      givenName: '花子',
      familyName: '佐藤',
      password: 'correct horse battery',
    },
  })
  async create(@Input() command: CreateUser) {
    const receipt = await this.commands.execute(command);
    return written(receipt, this.profiles.created(receipt));
  }

  @Reads('me', { may: 'signedIn', summary: 'Who am I, and which accounts do I have to do with', answer: MeAnswer, refuses: [404] })
  me(@Input() question: WhoAmI) {
    return this.profiles.me(question);
  }
}

@Module({ controllers: [UsersController], providers: [CreateUserHandler, Profiles] })
export class UsersModule {}
