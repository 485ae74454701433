import { checkKeyPart } from './limits.js';
import type { Change, IndexEntry, ProjectedEvent, Projection } from './projection.js';
import type { PartitionAddress, PartitionState, PartitionWrite } from './read-store.js';

/** An event that a projection cannot be brought over: its handler or its indexes threw. */
export class PoisonedEvent extends Error {
  constructor(
    readonly event: ProjectedEvent,
    cause: unknown,
  ) {
    super(`${event.type} ${event.id} at position ${event.position}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'PoisonedEvent';
  }
}

/** What a batch of events changes in one partition, in the log's order. */
export interface PartitionChanges {
  readonly partition: string;
  readonly keys: readonly string[];
  readonly changes: readonly { readonly event: ProjectedEvent; readonly change: Change<object> }[];
}

/** Asks the handlers what the events change, and sorts the answers by partition. Errors: PoisonedEvent. */
export function changesByPartition(projection: Projection<any>, events: readonly ProjectedEvent[]): PartitionChanges[] {
  const partitions = new Map<string, { keys: Set<string>; changes: { event: ProjectedEvent; change: Change<object> }[] }>();
  for (const event of events) {
    const handler = Object.hasOwn(projection.on, event.type) ? projection.on[event.type] : undefined;
    if (!handler) continue;
    try {
      for (const change of handler(event)) {
        let partition = partitions.get(change.partition);
        if (!partition) {
          checkKeyPart('partition', change.partition);
          partitions.set(change.partition, (partition = { keys: new Set(), changes: [] }));
        }
        checkKeyPart('key', change.key);
        partition.keys.add(change.key);
        partition.changes.push({ event, change });
      }
    } catch (error) {
      throw new PoisonedEvent(event, error);
    }
  }
  return [...partitions].map(([partition, { keys, changes }]) => ({ partition, keys: [...keys], changes }));
}

/**
 * Applies the changes to a partition as it was loaded. What its checkpoint says it already holds is skipped, so a batch may come again.
 * Answers undefined when it holds all of it. A write without documents is still to be committed: another projector may be half way through the same
 * events, and only the checkpoint tells whether what this one saw still stands. Errors: PoisonedEvent.
 */
export function applyChanges(
  projection: Projection<any>,
  address: PartitionAddress,
  state: PartitionState,
  { keys, changes }: PartitionChanges,
): PartitionWrite | undefined {
  const before = new Map(keys.map((key, at) => [key, state.documents[at]]));
  const documents = new Map(before);
  const lastChange = new Map<string, ProjectedEvent>();
  let last: ProjectedEvent | undefined;
  for (const { event, change } of changes) {
    if (state.checkpoint !== undefined && event.position <= state.checkpoint) continue;
    last = event;
    try {
      const document = documents.get(change.key);
      documents.set(change.key, change.apply(document));
    } catch (error) {
      throw new PoisonedEvent(event, error);
    }
    lastChange.set(change.key, event);
  }
  if (!last) return undefined;
  const written: PartitionWrite['documents'][number][] = [];
  for (const [key, event] of lastChange) {
    const document = documents.get(key);
    // Handed back as it was: the change was none.
    if (document === before.get(key)) continue;
    try {
      const { indexAdd, indexRemove } = indexDifference(entriesOf(projection, before.get(key), key), entriesOf(projection, document, key));
      written.push({ key, document, indexAdd, indexRemove });
    } catch (error) {
      throw new PoisonedEvent(event, error);
    }
  }
  return { address, readCheckpoint: state.checkpoint, checkpoint: last.position, documents: written };
}

function entriesOf(projection: Projection<any>, document: object | undefined, key: string): readonly IndexEntry[] {
  if (!document || !projection.indexes) return none;
  const entries = projection.indexes(document, key);
  for (const { index, sort } of entries) {
    checkKeyPart('index', index);
    checkKeyPart('sort', sort);
  }
  return entries;
}

const none: readonly IndexEntry[] = [];

function indexDifference(
  old: readonly IndexEntry[],
  current: readonly IndexEntry[],
): { indexAdd: readonly IndexEntry[]; indexRemove: readonly IndexEntry[] } {
  // Most documents of long histories are new, and stay as they are.
  if (old.length === 0 || current.length === 0) return { indexAdd: current, indexRemove: old };
  const without = (entries: readonly IndexEntry[], others: readonly IndexEntry[]): IndexEntry[] => {
    const known = new Set(others.map(({ index, sort }) => `${index}\0${sort}`));
    return entries.filter(({ index, sort }) => !known.has(`${index}\0${sort}`));
  };
  return { indexAdd: without(current, old), indexRemove: without(old, current) };
}
