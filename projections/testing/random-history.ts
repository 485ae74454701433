import fc from 'fast-check';
import type { ReadStore } from '#read-store';
import { fold, searchFor } from '../folding.js';
import { searchHistory, type HistoryQuestion } from '../history-search/history-search.query.js';
import { Story } from './story.js';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const timeAt = (tick: number) => new Date(start + tick).toISOString();
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const email = 'info@example.com';
const skus = ['a', 'b', 'c'];
const customer = fc.constantFrom('c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7');
// Few names with much in common, so that filters match some customers, some of their time, or all.
const name = fc.constantFrom('Yamada', 'YAMADA Oy', 'ヤマダ', '山田', 'Tanaka', 'Tanka', 'Helsinki', 'Helsinkj', 'k');
const wait = fc.constantFrom(0, 0, 1, 2);
const quantities = fc.dictionary(fc.constantFrom(...skus), fc.integer({ min: 1, max: 9 }), { minKeys: 1 });

/** What happens to one partner's history: customers come, are renamed, and are given something, at times that do not go back. */
export const randomSteps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ what: fc.constant('link' as const), customer, name, reading: maybe(name), wait }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constant('rename' as const), customer, name, reading: maybe(name), wait }) },
    { weight: 8, arbitrary: fc.record({ what: fc.constant('assign' as const), customer, quantities, wait }) },
  ),
  { minLength: 20, maxLength: 80, size: 'max' },
);
type Step = (typeof randomSteps extends fc.Arbitrary<infer Steps> ? Steps : never) extends readonly (infer One)[] ? One : never;

const tick = maybe(fc.integer({ min: 0, max: 60 }).map(timeAt));
/** Questions of any combination of filters, in pages of any size: small pages of what matches much are found in another way than large ones. */
export const randomQuestions = fc.array(
  fc.record({
    from: tick,
    to: tick,
    customerName: maybe(fc.constantFrom('yamada', 'やまだ', 'tanak', 'tanaka', 'helsinki', 'k', 'a', 'a', '田', 'nobody')),
    skus: maybe(fc.subarray(skus, { minLength: 1 })),
    limit: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 30 })),
  }),
  { minLength: 8, maxLength: 12 },
);
type Question = Omit<HistoryQuestion, 'accountId'>;

/** What a row should be found by, kept in the plainest way. */
interface PlainRow {
  readonly row: string;
  readonly assignedAt: string;
  readonly customerId: string;
  readonly sku: string;
  /** The names that held when it was made. */
  readonly calledThen: readonly string[];
}

/** The history as a list that is looked at row by row. */
export class PlainHistory {
  private readonly rows: PlainRow[] = [];
  private readonly names = new Map<string, (readonly string[])[]>();

  private now = 0;

  constructor(
    private readonly story: Story,
    private readonly accountId: string,
  ) {}

  /** Tells the steps as facts, and remembers what they mean. */
  tell(steps: readonly Step[]): void {
    const { story, accountId } = this;
    for (const step of steps) {
      const at = timeAt((this.now += step.wait));
      const customerId = step.customer;
      // Only who linked the partner is given something, or shown to it.
      if (step.what === 'link' || !this.names.has(customerId)) {
        const { called, reading } =
          step.what === 'assign' ? { called: 'Yamada', reading: undefined } : { called: step.name, reading: step.reading };
        story.tell(
          'DealerLinked',
          { customerId, partnerId: accountId, partnerCode: 'CODE', person: { name: called, nameReading: reading, email } },
          { at },
        );
        this.nowCalled(customerId, called, reading);
      } else if (step.what === 'rename') {
        const person = { name: step.name, nameReading: step.reading ?? null };
        story.tell('CustomerProfileChanged', { customerId, partnerIds: [accountId], person }, { at });
        this.nowCalled(customerId, step.name, step.reading);
      }
      if (step.what !== 'assign') continue;
      story.assigned(accountId, customerId, step.quantities, { at });
      const { assignmentId } = story.events.at(-1)!.data as { assignmentId: string };
      const calledThen = this.names.get(customerId)!.at(-1)!;
      const rows = Object.keys(step.quantities).map((sku, index) => ({
        row: `${assignmentId}/${index + 1}`,
        assignedAt: at,
        customerId,
        sku,
        calledThen,
      }));
      this.rows.unshift(...rows);
    }
  }

  private nowCalled(customerId: string, called: string, reading: string | undefined): void {
    this.names.set(customerId, [...(this.names.get(customerId) ?? []), reading === undefined ? [called] : [called, reading]]);
  }

  /** The rows that pass the filters, newest first. */
  find({ from, to, customerName, skus: wanted }: Question): string[] {
    const matches = searchFor(customerName)?.matches;
    const found = this.rows.filter(
      (row) =>
        (from === undefined || row.assignedAt >= from) &&
        (to === undefined || row.assignedAt < to) &&
        (wanted?.includes(row.sku) ?? true) &&
        (!matches || [...row.calledThen, ...(this.names.get(row.customerId)?.at(-1) ?? [])].some((text) => matches(fold(text)))),
    );
    return found.map(({ row }) => row);
  }
}

/** All pages of a search in one list, and the total that each of them said. */
export async function allPages(
  store: ReadStore,
  question: HistoryQuestion,
): Promise<{ rows: string[]; totals: Set<number>; sizes: number[] }> {
  const rows: string[] = [];
  const totals = new Set<number>();
  const sizes: number[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await searchHistory(store, { ...question, cursor });
    rows.push(...page.items.map(({ assignmentId, line }) => `${assignmentId}/${line}`));
    totals.add(page.total);
    sizes.push(page.items.length);
    if (page.next === null) return { rows, totals, sizes };
    cursor = page.next;
  }
}
