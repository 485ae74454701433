import { CommandHandler } from '@nestjs/cqrs';
import { MoveClock } from './sandbox.commands.js';
import { SandboxDeadlines } from './sandbox-deadlines.js';

@CommandHandler(MoveClock)
export class MoveClockHandler {
  constructor(private readonly deadlines: SandboxDeadlines) {}

  execute(command: MoveClock) {
    return this.deadlines.move(command);
  }
}
