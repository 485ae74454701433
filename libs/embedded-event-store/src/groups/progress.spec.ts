import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.js';

const started = (count: number): Progress => {
  const progress = new Progress();
  for (let place = 0; place < count; place++) progress.begin(100 + place);
  return progress;
};

describe('the checkpoint of a group', () => {
  it('never passes a message that is not done', () => {
    const progress = started(4);
    progress.done(0);
    progress.done(2);
    progress.done(3);
    expect([progress.sinceCheckpoint, progress.take()]).toEqual([1, 100]);
    progress.done(1);
    expect([progress.sinceCheckpoint, progress.take()]).toEqual([3, 103]);
  });

  it('is not moved by a message that is done twice', () => {
    const progress = started(2);
    progress.done(0);
    progress.take();
    progress.done(0);
    expect([progress.sinceCheckpoint, progress.take()]).toEqual([0, 100]);
  });
});
