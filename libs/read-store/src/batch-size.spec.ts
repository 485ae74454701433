import { describe, expect, it } from '@jest/globals';
import { BatchSize } from './batch-size.js';

describe('the size of a batch', () => {
  it('grows while full batches are done quickly, up to its limit', () => {
    const size = new BatchSize(5_000);
    for (let n = 0; n < 10; n += 1) size.took(size.events, 20);
    expect(size.events).toBe(5_000);
  });

  it('does not grow because little came', () => {
    const size = new BatchSize(5_000);
    for (let n = 0; n < 10; n += 1) size.took(1, 1);
    expect(size.events).toBe(500);
  });

  it('shrinks when a batch takes long, and more when the store did not answer in time, but stays worth a call', () => {
    const size = new BatchSize(5_000);
    size.took(500, 2_000);
    expect(size.events).toBe(250);
    size.failed();
    expect(size.events).toBe(63);
    size.failed();
    expect(size.events).toBe(50);
  });

  it('is never above what was asked for', () => {
    const size = new BatchSize(3);
    size.took(3, 1);
    size.failed();
    expect(size.events).toBe(3);
  });
});
