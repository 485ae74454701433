import { hash, verify } from '@node-rs/argon2';
import { availableParallelism } from 'node:os';
import { Turns } from './turns.js';

/** What OWASP asks of argon2id (the library's default algorithm) at least: 19 MiB, two passes, one thread. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Some ten seconds of work on two cores. */
const waitingMax = 500;

/** Hashes and checks passwords with argon2id, never more at once than there are cores: each takes 19 MiB and some 20 ms. */
export class Passwords {
  private readonly turns: Turns;
  /** What a wrong login is checked against, so that it takes as long as a wrong password. */
  private nobody: Promise<string> | undefined;

  constructor(atOnceMax = Math.max(1, availableParallelism())) {
    this.turns = new Turns(atOnceMax, waitingMax);
  }

  hash(password: string): Promise<string> {
    return this.turns.run(() => hash(password, cost));
  }

  /** False without a stored hash, after the same work as with one. */
  async matches(storedHash: string | undefined, password: string): Promise<boolean> {
    this.nobody ??= this.hash('no password has this hash');
    const against = storedHash ?? (await this.nobody);
    const matched = await this.turns.run(() => verify(against, password));
    return matched && storedHash !== undefined;
  }
}
