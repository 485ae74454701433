/** An event as projections see it. */
export interface ProjectedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

/** One document that an event changes. `apply` is pure: it is given the document as it stands and returns the new one, undefined to remove it. */
export interface Change<Doc> {
  /** Whose view it is: the account's id in nearly all read models. Everything of a partition commits together. */
  readonly partition: string;
  readonly key: string;
  readonly apply: (document: Doc | undefined) => Doc | undefined;
}

/** A place of a document in an ordered index of its partition. `sort` is printable text; entries are ordered by it, bytewise, then by the document's key. */
export interface IndexEntry {
  readonly index: string;
  readonly sort: string;
}

/**
 * A read model as data: a pure function from facts to documents, and where those documents stand in indexes.
 * The name and version are in every key it stores, for ever; a changed projection gets the next version and is filled beside the old one.
 */
export interface Projection<Doc extends object = object> {
  readonly name: string;
  readonly version: number;
  /** What each type of fact changes. The types listed are the ones the projection is given, in the log's order. */
  readonly on: { readonly [type: string]: (event: any) => readonly Change<Doc>[] };
  readonly indexes?: (document: Doc, key: string) => readonly IndexEntry[];
}
