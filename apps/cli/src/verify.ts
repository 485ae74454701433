import {
  chainHash,
  ChainVerifier,
  WitnessCheck,
  witnessStream,
  type Contradiction,
  type FactMetadata,
  type FactsWitnessed,
  type Position,
  type RecordedEvent,
} from '#event-store';
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

/** Places of automations, kept by the store's own truncation: they are no facts. */
const checkpointPrefix = 'checkpoint-';
const metadataPrefix = '$$';
/** What an event store writes into its own streams (`$…`) beside events whose type begins with a dollar. */
const systemTypes = ['SubscriptionCheckpoint', 'Result', 'ResultRemoved'];
/** What of a stream's metadata hides events from who reads the stream. */
const hidingSettings = ['$maxCount', '$maxAge', '$tb'];

/**
 * Walks the whole log once, in its order and with the event store's own events, and stops at the first difference: a fact that was changed, dropped, doubled or
 * moved breaks its stream's hash chain, or contradicts the log's witness; none may be hidden from who reads its stream; whatever decided the facts, the invariants
 * must hold (ADR 032); and nobody can have been further than the log's end.
 */
export async function verifyLog(
  events: Iterable<RecordedEvent> | AsyncIterable<RecordedEvent>,
  onEvent: (event: RecordedEvent) => void = () => undefined,
): Promise<Verification> {
  const verifier = new Verifier();
  let difference: Difference | undefined;
  for await (const event of events) {
    onEvent(event);
    difference = verifier.next(event);
    if (difference !== undefined) break;
  }
  difference ??= verifier.end();
  return { ...verifier.counts(), ...(difference && { difference }) };
}

interface StreamCheck {
  readonly chain: ChainVerifier;
  recordedAt: string;
}

interface Place {
  readonly stream: string;
  revision: number;
  position: bigint;
  hash: string;
}

class Verifier {
  private readonly streams = new Map<string, StreamCheck>();
  private readonly places = new Map<string, Place>();
  /** By stream, while its metadata hides something. */
  private readonly hidden = new Map<string, Difference>();
  private readonly invariants = new Invariants();
  private readonly witness = new WitnessCheck();
  private readonly witnessChain = new ChainVerifier();
  private last: Position | undefined;
  private facts = 0;

  next(event: RecordedEvent): Difference | undefined {
    const { position, stream } = event;
    if (this.last !== undefined && position <= this.last)
      return differs(event, `it stands after position ${this.last} in the log, but says it is at ${position}`);
    this.last = position;
    try {
      if (stream.startsWith('$')) return this.nextOfStore(event);
      if (event.type === '$streamDeleted')
        return { stream, message: 'the stream was deleted for good: nobody can read its facts any more' };
      if (stream === witnessStream) return this.nextWitnessed(event);
      if (stream.startsWith(checkpointPrefix)) return this.nextPlace(event);
      return this.nextFact(event);
    } catch (error) {
      return differs(event, `it cannot be read as anything that the ledger writes: ${(error as Error).message}`);
    }
  }

  /** What only shows when everything was seen. */
  end(): Difference | undefined {
    const ahead = [...this.places.values()].find(({ position }) => this.last === undefined || position > this.last);
    if (ahead === undefined) return this.hidden.values().next().value ?? this.invariants.violations()[0];
    const message = `it was at position ${ahead.position}, but the log ends at ${this.last}: its end is missing`;
    return { stream: ahead.stream, message };
  }

  counts(): Omit<Verification, 'difference'> {
    return { facts: this.facts, streams: this.streams.size, sums: this.invariants.sums() };
  }

  private nextFact(event: RecordedEvent): Difference | undefined {
    const check = this.streams.get(event.stream) ?? { chain: new ChainVerifier(), recordedAt: '' };
    this.streams.set(event.stream, check);
    const difference = chainDifference(check.chain, event);
    if (difference !== undefined) return difference;
    const { recordedAt, hash } = event.metadata as FactMetadata;
    if (recordedAt < check.recordedAt)
      return differs(event, `it was recorded at ${recordedAt}, before the fact it follows (${check.recordedAt})`);
    check.recordedAt = recordedAt;
    this.facts += 1;
    this.witness.take(hash);
    return ruleDifference(this.invariants, event);
  }

  private nextWitnessed(event: RecordedEvent): Difference | undefined {
    const difference = chainDifference(this.witnessChain, event);
    if (difference !== undefined) return difference;
    const contradiction = this.witness.compare(event.data as FactsWitnessed);
    return contradiction && differs(event, inWords(contradiction));
  }

  // What the event store keeps for itself is its own affair, but for what it says of streams of the ledger.
  private nextOfStore(event: RecordedEvent): Difference | undefined {
    const { stream, type } = event;
    if (!type.startsWith('$') && (stream.startsWith(metadataPrefix) || !systemTypes.includes(type))) return this.nextFact(event);
    const described = stream.slice(metadataPrefix.length);
    if (!stream.startsWith(metadataPrefix) || described.startsWith('$')) return undefined;
    const settings = (event.data ?? {}) as Record<string, unknown>;
    const isPlaces = described.startsWith(checkpointPrefix) && described !== witnessStream;
    const hiding = hidingSettings.find((name) => settings[name] !== undefined && !(isPlaces && name === '$maxCount'));
    // New metadata replaces all that was there before.
    if (hiding === undefined) this.hidden.delete(stream);
    else this.hidden.set(stream, differs(event, explainedHiding(described, hiding, settings[hiding])));
    return undefined;
  }

  // Older places are dropped by the event store, so neither the first revision nor gaps say anything.
  private nextPlace(event: RecordedEvent): Difference | undefined {
    const { position } = event.data as { position?: unknown };
    if (typeof position !== 'string' || !/^\d{1,19}$/.test(position))
      return differs(event, `its place '${String(position)}' is no position`);
    const { hash, prevHash } = event.metadata as Partial<FactMetadata>;
    const before = this.places.get(event.stream);
    if (before !== undefined && event.revision <= before.revision)
      return differs(event, explained['revision missing'](String(before.revision + 1), String(event.revision)));
    if (before !== undefined && BigInt(position) <= before.position)
      return differs(event, `it goes back from position ${before.position} to ${position}`);
    const expected = chainHash(event, String(prevHash));
    if (hash !== expected) return differs(event, explained['hash differs'](expected, String(hash)));
    const follows = before?.revision === event.revision - 1 ? before.hash : undefined;
    if (follows !== undefined && prevHash !== follows) return differs(event, explained['prevHash differs'](follows, String(prevHash)));
    this.places.set(event.stream, { stream: event.stream, revision: event.revision, position: BigInt(position), hash });
    return undefined;
  }
}

function chainDifference(chain: ChainVerifier, event: RecordedEvent): Difference | undefined {
  const broken = chain.next(event);
  return broken && differs(event, explained[broken.problem](broken.expected, broken.found));
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

function explainedHiding(stream: string, setting: string, value: unknown): string {
  const all = `${setting} ${JSON.stringify(value)} leaves out facts of ${stream} that stand in the log, or will: who reads the stream does not see them`;
  return `${all}. Set metadata without it`;
}

function inWords({ kind, fact, behind }: Contradiction): string {
  const after = behind === undefined ? '' : ` behind the one whose hash begins with ${behind}`;
  return kind === 'missing'
    ? `it names a fact whose hash begins with ${fact}${after}, but there is none up to here: it was dropped`
    : `it names the fact whose hash begins with ${fact}${after}, but that stands before it: one of them was moved`;
}

function differs({ stream, revision }: RecordedEvent, message: string): Difference {
  return { stream, revision, message };
}
