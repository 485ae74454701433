import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ReadStore } from '#read-store';
import { allPages, PlainHistory, randomQuestions, randomSteps } from '../testing/random-history.js';
import { temporaryStore } from '../testing/stores.js';
import { Story } from '../testing/story.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeAll(async () => ({ store, remove } = await temporaryStore()));
afterAll(() => remove());

/** More of them: `HISTORIES=1000 npm run jest -- projections/history-search`. */
const histories = Number(process.env['HISTORIES'] ?? 40);

describe('a search of a random history', () => {
  it('answers what looking at every row would, page by page', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(randomSteps, randomQuestions, fc.integer({ min: 5, max: 100 }), async (steps, questions, batch) => {
        const accountId = `partner-${++runs}`;
        const story = new Story(store);
        const plain = new PlainHistory(story, accountId);
        // Questions in between: what is remembered from one must not show in the next.
        for (const part of [steps.slice(0, steps.length >> 1), steps.slice(steps.length >> 1)]) {
          plain.tell(part);
          await story.show(batch);
          for (const question of questions) {
            const expected = plain.find(question);
            const { rows, totals, sizes } = await allPages(store, { accountId, ...question });
            expect(rows).toEqual(expected);
            expect([...totals]).toEqual([expected.length]);
            expect(sizes.slice(0, -1).every((size) => size === question.limit)).toBe(true);
          }
        }
      }),
      { numRuns: histories },
    );
  });
});
