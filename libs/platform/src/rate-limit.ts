import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Rejected } from '#licensing';

/** So many calls a minute for each key; counted in this process. */
export class RateLimit {
  private readonly limiter: RateLimiterMemory;

  constructor(
    private readonly perMinute: number,
    private readonly what: string,
  ) {
    this.limiter = new RateLimiterMemory({ points: perMinute, duration: 60 });
  }

  /** Errors: Rejected TOO_MANY_REQUESTS with the seconds to wait. */
  async take(key: string): Promise<void> {
    try {
      await this.limiter.consume(key);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const retryAfterSeconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      throw new Rejected(
        'TOO_MANY_REQUESTS',
        `More than ${this.perMinute} ${this.what} a minute; try again in ${retryAfterSeconds} seconds`,
        {
          limit: this.perMinute,
          retryAfterSeconds,
        },
      );
    }
  }
}
