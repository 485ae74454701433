import type { LoggerService } from '@nestjs/common';
import type { Log } from '#platform';

/** What Nest has to say goes where everything else does. Its reports of every module and route at the start are for debugging. */
export class NestLog implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.target.debug({ from: rest.at(-1) }, String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.target.debug({ from: rest.at(-1) }, String(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.target.trace({ from: rest.at(-1) }, String(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.target.warn({ from: rest.at(-1) }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.target.error({ from: rest.at(-1), ...(rest.length > 1 && { stack: rest[0] }) }, String(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.target.fatal({ from: rest.at(-1) }, String(message));
  }
}
