import { describe, expect, it } from '@jest/globals';
import { parseOptions } from '@node-rs/argon2';
import { Passwords } from './passwords.js';
import { Turns } from './turns.js';

describe('passwords', () => {
  it('are hashed with argon2id at no less than OWASP asks for, each with its own salt', async () => {
    const passwords = new Passwords();
    const [one, other] = await Promise.all([passwords.hash('the same'), passwords.hash('the same')]);
    expect(one).toMatch(/^\$argon2id\$/);
    expect(parseOptions(one)).toMatchObject({ memoryCost: 19_456, timeCost: 2 });
    expect(one).not.toBe(other);
  });

  it('match their hash only, and nothing matches where there is none', async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash('right');
    const matches = await Promise.all([
      passwords.matches(hash, 'right'),
      passwords.matches(hash, 'wrong'),
      passwords.matches(undefined, 'no password has this hash'),
    ]);
    expect(matches).toEqual([true, false, false]);
  });
});

describe('turns', () => {
  it('let so many run at once and no more, whoever fails', async () => {
    const turns = new Turns(2, 10);
    let running = 0;
    let most = 0;
    const work = (fails: boolean) => async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (fails) throw new Error('failed');
    };
    const results = await Promise.allSettled(Array.from({ length: 9 }, (_, index) => turns.run(work(index % 3 === 0))));
    expect([most, running, results.filter(({ status }) => status === 'rejected').length]).toEqual([2, 0, 3]);
  });

  it('send away who comes when the line is full', async () => {
    const turns = new Turns(1, 1);
    let finish = (): void => {};
    const first = turns.run(() => new Promise<void>((resolve) => (finish = resolve)));
    const second = turns.run(async () => 'second');
    await expect(turns.run(async () => 'third')).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    finish();
    await first;
    expect([await second, await turns.run(async () => 'fourth')]).toEqual(['second', 'fourth']);
  });
});
