import { ChainVerifier, type EventLog, type FactMetadata, type RecordedEvent } from '#event-store';
import { Invariants, type Sums } from '#licensing';

/** The first thing that is not as it was written, or breaks a rule that always holds. */
export interface Difference {
  readonly stream: string;
  readonly revision?: number;
  readonly message: string;
}

export interface Verification {
  readonly facts: number;
  readonly streams: number;
  readonly sums: Sums;
  /** Absent: all is well. */
  readonly difference?: Difference;
}

/** Places of automations, kept by the store's own truncation: they are no facts and have no chain. */
const checkpointPrefix = 'checkpoint-';

/**
 * Walks the whole log once, in its order, and stops at the first difference: a fact that was changed, dropped, doubled or moved breaks its stream's hash
 * chain; whatever decided the facts, the invariants of design §5 must hold; and nobody can have been further than the log's end.
 */
export async function verifyLog(log: EventLog, onEvent: (event: RecordedEvent) => void = () => undefined): Promise<Verification> {
  const streams = new Map<string, StreamCheck>();
  const invariants = new Invariants();
  let facts = 0;
  let last: RecordedEvent | undefined;
  const reached: { readonly stream: string; readonly position: bigint }[] = [];
  const found = (difference?: Difference): Verification => ({
    facts,
    streams: streams.size,
    sums: invariants.sums(),
    ...(difference && { difference }),
  });

  for await (const event of log.readAll()) {
    onEvent(event);
    if (last !== undefined && event.position <= last.position)
      return found(differs(event, `it stands after position ${last.position} in the log, but says it is at ${event.position}`));
    last = event;
    if (event.stream.startsWith(checkpointPrefix)) {
      const { position } = event.data as { position?: unknown };
      if (typeof position !== 'string' || !/^\d{1,19}$/.test(position))
        return found(differs(event, `its place '${String(position)}' is no position`));
      reached.push({ stream: event.stream, position: BigInt(position) });
      continue;
    }
    const check = streams.get(event.stream) ?? { chain: new ChainVerifier(), recordedAt: '' };
    streams.set(event.stream, check);
    const difference = chainDifference(check, event);
    if (difference !== undefined) return found(difference);
    facts += 1;
    const broken = ruleDifference(invariants, event);
    if (broken !== undefined) return found(broken);
  }
  const ahead = reached.find(({ position }) => last === undefined || position > last.position);
  if (ahead !== undefined)
    return found({
      stream: ahead.stream,
      message: `it was at position ${ahead.position}, but the log ends at ${last?.position}: its end is missing`,
    });
  return found(invariants.violations()[0]);
}

interface StreamCheck {
  readonly chain: ChainVerifier;
  recordedAt: string;
}

function chainDifference(check: StreamCheck, event: RecordedEvent): Difference | undefined {
  const broken = check.chain.next(event);
  if (broken !== undefined) return differs(event, explained[broken.problem](broken.expected, broken.found));
  const { recordedAt } = event.metadata as FactMetadata;
  if (recordedAt < check.recordedAt)
    return differs(event, `it was recorded at ${recordedAt}, before the fact it follows (${check.recordedAt})`);
  check.recordedAt = recordedAt;
  return undefined;
}

/** A fact that has a right hash and no sense was never decided by the ledger: what the books cannot take in is a difference, too. */
function ruleDifference(invariants: Invariants, event: RecordedEvent): Difference | undefined {
  try {
    invariants.take(event);
  } catch (error) {
    return differs(event, `it cannot be read as a ${event.type}: ${(error as Error).message}`);
  }
  return invariants.first;
}

const explained = {
  'revision missing': (expected: string, found: string) =>
    `revision ${expected} should come here, revision ${found} does: a fact was dropped, doubled or moved`,
  'prevHash differs': (expected: string, found: string) => `it should follow the fact with hash ${expected}, but says it follows ${found}`,
  'hash differs': (expected: string, found: string) =>
    `its hash is ${found}, but what it says has the hash ${expected}: it was changed after it was recorded`,
};

function differs({ stream, revision }: RecordedEvent, message: string): Difference {
  return { stream, revision, message };
}
