import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ReadStore } from '#read-store';
import { matcher, fold } from '../folding.js';
import { Story } from '../testing/story.js';
import { temporaryStore } from '../testing/stores.js';
import { searchHistory } from './history-search.query.js';

let store: ReadStore;
let remove: () => Promise<void>;
beforeAll(async () => ({ store, remove } = await temporaryStore()));
afterAll(() => remove());

const start = Date.parse('2026-01-01T00:00:00.000Z');
const timeAt = (tick: number) => new Date(start + tick).toISOString();

const customers = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'];
const skus = ['a', 'b', 'c'];
// Few names with much in common, so that filters match some customers, some of their time, or all.
const name = fc.constantFrom('Yamada', 'YAMADA Oy', 'ヤマダ', '山田', 'Tanaka', 'Tanka', 'Helsinki', 'Helsinkj', 'k');
const customer = fc.constantFrom(...customers);

type Step = { wait: number } & (
  | { what: 'link' | 'rename'; customer: string; name: string; reading: string | undefined }
  | { what: 'assign'; customer: string; quantities: Record<string, number> }
);
const wait = fc.constantFrom(0, 0, 1, 2);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constant('link' as const), customer, name, reading: fc.option(name, { nil: undefined }), wait }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constant('rename' as const), customer, name, reading: fc.option(name, { nil: undefined }), wait }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        what: fc.constant('assign' as const),
        customer,
        quantities: fc.dictionary(fc.constantFrom(...skus), fc.integer({ min: 1, max: 9 }), { minKeys: 1 }),
        wait,
      }),
    },
  ),
  { minLength: 20, maxLength: 80, size: 'max' },
);
const tick = fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined });
const questions = fc.array(
  fc.record({
    from: tick,
    to: tick,
    customerName: fc.option(fc.constantFrom('yamada', 'やまだ', 'tanak', 'tanaka', 'helsinki', 'k', 'a', 'a', '田', 'nobody'), {
      nil: undefined,
    }),
    skus: fc.option(fc.subarray(skus, { minLength: 1 }), { nil: undefined }),
    // Small pages of searches that match much take another way than large ones.
    limit: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 30 })),
  }),
  { minLength: 8, maxLength: 12 },
);

interface Row {
  row: string;
  at: number;
  customer: string;
  sku: string;
  called: string[];
}

let runs = 0;
/** Tells the steps of a new partner, and what each row and name should be, kept in the plainest way. */
async function told(history: readonly Step[]) {
  const partner = `partner-${++runs}`;
  const story = new Story(store);
  const names = new Map<string, string[]>();
  const rows: Row[] = [];
  let now = 0;
  for (const step of history) {
    now += step.wait;
    const telling = { at: timeAt(now) };
    const { customer: customerId } = step;
    if (step.what === 'assign') {
      story.assigned(partner, customerId, step.quantities, telling);
      const { assignmentId } = story.events.at(-1)!.data as { assignmentId: string };
      const lines = Object.keys(step.quantities).map((sku, line) => ({
        row: `${assignmentId}/${line + 1}`,
        at: now,
        customer: customerId,
        sku,
      }));
      rows.unshift(...lines.map((line) => ({ ...line, called: names.get(customerId) ?? [] })));
    } else if (step.what === 'link') {
      const person = { name: step.name, nameReading: step.reading, email: 'a@b.example' };
      story.tell('DealerLinked', { customerId, partnerId: partner, partnerCode: 'CODE', person }, telling);
      names.set(customerId, [step.name, ...(step.reading ? [step.reading] : [])]);
    } else if (names.has(customerId)) {
      story.tell(
        'CustomerProfileChanged',
        { customerId, partnerIds: [partner], person: { name: step.name, nameReading: step.reading ?? null } },
        telling,
      );
      names.set(customerId, [step.name, ...(step.reading ? [step.reading] : [])]);
    }
  }
  // A row from before its customer was introduced counts under the first name it had.
  const first = new Map<string, string[]>();
  for (const { type, data } of story.events) {
    const { customerId, person } = data as { customerId: string; person: { name: string; nameReading?: string } };
    if (type === 'DealerLinked' && !first.has(customerId))
      first.set(customerId, [person.name, ...(person.nameReading ? [person.nameReading] : [])]);
  }
  for (const row of rows) if (row.called.length === 0) row.called = first.get(row.customer) ?? [];
  await story.show(30);
  return { partner, rows, names };
}

describe('a search of the history', () => {
  it('answers what looking at every row would, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(steps, questions, async (history, asked) => {
        const { partner, rows, names } = await told(history);
        for (const question of asked) {
          const matches = matcher(question.customerName);
          const expected = rows.filter(
            (row) =>
              row.at >= (question.from ?? 0) &&
              row.at < (question.to ?? Number.POSITIVE_INFINITY) &&
              (question.skus?.includes(row.sku) ?? true) &&
              (!matches || [...row.called, ...(names.get(row.customer) ?? [])].some((text) => matches(fold(text)))),
          );
          const found: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await searchHistory(store, {
              accountId: partner,
              ...question,
              from: question.from === undefined ? undefined : timeAt(question.from),
              to: question.to === undefined ? undefined : timeAt(question.to),
              cursor,
            });
            expect(page.total).toBe(expected.length);
            expect(page.items.length).toBe(Math.min(question.limit, expected.length - found.length));
            found.push(...page.items.map(({ assignmentId, line }) => `${assignmentId}/${line}`));
            cursor = page.next ?? undefined;
          } while (cursor);
          expect(found).toEqual(expected.map(({ row }) => row));
        }
      }),
      { numRuns: Number(process.env['HISTORIES'] ?? 50) },
    );
  });
});
