import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.js';

describe('progress', () => {
  it('stands before the first that is not done, however many later ones are', () => {
    const progress = new Progress(5n);
    const [one, two, three] = [10n, 20n, 30n].map((position) => progress.begin(position));
    three!();
    two!();
    expect([progress.position, progress.waiting]).toEqual([5n, 3]);
    one!();
    expect([progress.position, progress.waiting]).toEqual([30n, 0]);
  });

  it('goes on over many thousands without keeping them', () => {
    const progress = new Progress(undefined);
    for (let position = 1n; position <= 10_000n; position += 1n) progress.begin(position)();
    expect([progress.position, progress.waiting]).toEqual([10_000n, 0]);
    expect(progress.kept).toBeLessThan(2_100);
  });

  it('tells who waits for a position when it is reached, and gives up with the signal', async () => {
    const progress = new Progress(undefined);
    const giveUp = new AbortController();
    const [reached, never] = [progress.reaches(2n, giveUp.signal), progress.reaches(3n, giveUp.signal)];
    progress.begin(2n)();
    await reached;
    giveUp.abort(new Error('enough'));
    await expect(never).rejects.toThrow('enough');
  });
});
