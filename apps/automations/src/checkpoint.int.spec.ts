import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withoutAnswers } from '../../../libs/event-store/src/testing/faults.js';
import { Scene } from '../testing/scene.js';
import { Checkpoint } from './checkpoint.js';

let scene: Scene;
beforeAll(async () => void (scene = await Scene.open()));
afterAll(() => scene.close());

describe('a checkpoint', () => {
  it('is nowhere before it was stored, and where it was stored ever after', async () => {
    const checkpoint = await Checkpoint.open(scene.log, 'fresh');
    expect(checkpoint.position).toBeUndefined();
    await checkpoint.store(7n);
    expect((await Checkpoint.open(scene.log, 'fresh')).position).toBe(7n);
  });

  it('moves forwards only, whoever stores it', async () => {
    const [one, other] = [await Checkpoint.open(scene.log, 'shared'), await Checkpoint.open(scene.log, 'shared')];
    await one.store(10n);
    await other.store(5n);
    expect(other.position).toBe(10n);
    await other.store(20n);
    await one.store(15n);
    expect((await Checkpoint.open(scene.log, 'shared')).position).toBe(20n);
  });

  it('is right when nobody knows whether it was stored', async () => {
    const fates = ['lost', 'dropped'] as const;
    let count = 0;
    const log = withoutAnswers(scene.log, (stream) => (stream === 'checkpoint-unsure' ? (fates[count++] ?? 'answered') : 'answered'));
    const checkpoint = await Checkpoint.open(log, 'unsure');
    await checkpoint.store(3n);
    await checkpoint.store(4n);
    expect(count).toBeGreaterThan(2);
    expect((await Checkpoint.open(scene.log, 'unsure')).position).toBe(4n);
  });
});
