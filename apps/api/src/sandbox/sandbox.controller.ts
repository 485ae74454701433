import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Written, written } from '../http/answer.js';
import { Input } from '../http/input.js';
import { Reads, Section, Writes } from '../http/route.js';
import { ClockAnswer, ClockMovedAnswer, MoveClock, ReadClock } from './sandbox.commands.js';
import { SandboxDeadlines } from './sandbox-deadlines.js';

@Section('Sandbox')
@Controller('v1/sandbox')
export class SandboxController {
  constructor(
    private readonly commands: CommandBus,
    private readonly deadlines: SandboxDeadlines,
  ) {}

  @Reads('clock', { may: 'moveSandboxClock', summary: "The sandbox's time", answer: ClockAnswer, refuses: [404] })
  clock(@Input() _question: ReadClock): ClockAnswer {
    return { now: this.deadlines.clock.nowText() };
  }

  @Writes('PUT', 'clock', {
    may: 'moveSandboxClock',
    summary: "Move the sandbox's time forwards",
    description: 'Answers when all that fell due by then has happened and the read models show it. Backwards is refused: CLOCK_BACKWARDS.',
    answer: ClockMovedAnswer,
    refuses: [404],
  })
  async move(@Input() command: MoveClock): Promise<Written> {
    const receipt = await this.commands.execute(command);
    if (receipt.dryRun) return written(receipt);
    const { now, fired } = await this.deadlines.fired(command.now);
    return new Written(receipt, { now, fired });
  }
}
