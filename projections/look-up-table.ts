import { LRUCache } from 'lru-cache';
import type { ReadStore, ReadView } from '#read-store';

/** A document that says, as positionSort, which fact changed it last; it stands in the index `changed` under the same text. */
export interface Changing {
  readonly changed: string;
}

export const changedIndex = 'changed';

/** Rows of all partitions together that one question keeps; beyond that, what was not asked for longest is read again when it is. */
const rowsMax = 500_000;
const chunk = 1_000;

interface Table<Row, Arranged> {
  readonly rows: Map<string, Row>;
  /** What each document was changed by when it was taken in, by its key. */
  readonly changed: Map<string, string>;
  last: { sort: string; key: string } | undefined;
  /** The rows as questions want them; undefined once one has changed. */
  arranged: Arranged | undefined;
}

/**
 * The documents of a partition, prepared once (names folded, say) and kept in memory, for questions that must look at each of them.
 * Nothing is ever answered from memory alone: each use asks the store what changed after the last change it has seen, in one short read
 * when nothing did. Documents of such a partition are never removed, only changed; a table that does not fit what the store holds
 * (it was emptied and is being filled again) is thrown away.
 */
export class LookUpTables<Doc extends Changing, Row, Arranged> {
  private readonly tables = new WeakMap<ReadStore, LRUCache<string, Table<Row, Arranged>>>();

  /** `prepare` makes the row of a document; `arrange` puts all rows together, by their documents' keys, after one or more have changed. */
  constructor(
    private readonly prepare: (document: Doc) => Row,
    private readonly arrange: (rows: ReadonlyMap<string, Row>) => Arranged,
  ) {}

  /** What `arrange` made of all rows of the partition, as fresh as the store is now. */
  async of(store: ReadStore, view: ReadView<any>, partition: string): Promise<Arranged> {
    const name = `${view.life}:${partition}`;
    const cache = this.cacheOf(store);
    let table = cache.get(name);
    if (!table?.last || !(await this.refresh(view, partition, table))) {
      table = { rows: new Map(), changed: new Map(), last: undefined, arranged: undefined };
      await this.refresh(view, partition, table);
    }
    cache.set(name, table, { size: table.rows.size + 1 });
    return (table.arranged ??= this.arrange(table.rows));
  }

  /** Takes in what changed since the table's last change; false when the store no longer knows that change. */
  private async refresh(view: ReadView<Doc>, partition: string, table: Table<Row, Arranged>): Promise<boolean> {
    const { last } = table;
    let after: Table<Row, Arranged>['last'];
    let lastIsThere = last === undefined;
    for (let full = true; full;) {
      const entries = await view.range(partition, { index: changedIndex, from: last?.sort, after, direction: 'ascending', limit: chunk });
      lastIsThere ||= entries.some(({ key }) => key === last!.key);
      const news = entries.filter(({ sort, key }) => sort > (table.changed.get(key) ?? '')).map(({ key }) => key);
      const documents = await view.documents(partition, news);
      news.forEach((key, index) => this.takeIn(table, key, documents[index]));
      after = entries.at(-1) ?? after;
      full = entries.length === chunk;
    }
    if (after && after.sort >= (table.last?.sort ?? '')) table.last = after;
    return lastIsThere;
  }

  /** Another question may have brought a newer document meanwhile: the newest stays. */
  private takeIn(table: Table<Row, Arranged>, key: string, document: Doc | undefined): void {
    if (document === undefined || document.changed <= (table.changed.get(key) ?? '')) return;
    table.changed.set(key, document.changed);
    table.rows.set(key, this.prepare(document));
    table.arranged = undefined;
  }

  private cacheOf(store: ReadStore): LRUCache<string, Table<Row, Arranged>> {
    let cache = this.tables.get(store);
    if (!cache) this.tables.set(store, (cache = new LRUCache({ maxSize: rowsMax })));
    return cache;
  }
}
