import { hash as digest } from 'node:crypto';
import { canonicalJson } from './canonical.js';
import type { NewEvent, Position } from './event-log.js';
import { hashOfParts } from './hash-chain.js';
import type { CommandContext, FactMetadata } from './metadata.js';

/** The name under which event ids are made. */
const eventIds = Buffer.from('5b2f6f0a3c0f4d0e9a57c1f3d2b47e61', 'hex');
const schemaVersion = 1;
const utf8 = new TextEncoder();
/** What `hash`, `prevHash` and `appendEnd` add to a fact's metadata. */
const sealBytes = 190;

/** A fact that was decided but has no place in the stream yet. Its data is kept as text: the state may go on changing what the decision gave. */
export interface DraftFact {
  readonly type: string;
  readonly dataText: string;
}

/** The facts of one command. */
export interface Draft {
  readonly facts: readonly DraftFact[];
  /** What all of them carry. */
  readonly metadata: CommonMetadata;
  /** Its canonical JSON, on either side of where `appendEnd` belongs. */
  readonly metadataText: readonly [string, string];
  /** Data and metadata. */
  readonly sizeInBytes: number;
}

type CommonMetadata = Omit<FactMetadata, 'appendEnd' | 'prevHash' | 'hash'>;

/** A fact with its place in the stream and in the stream's chain. */
export interface SealedFact extends NewEvent {
  readonly dataText: string;
  readonly sealed: FactMetadata;
  readonly revision: number;
}

/** The texts and the time of what a command decided. Errors: NotCanonical. */
export function draftFacts(context: CommandContext, recordedAt: string, decided: readonly { type: string; data: object }[]): Draft {
  const { commandId, inputHash, correlationId, causationId, actor, reason } = context;
  const metadata: CommonMetadata = {
    actor,
    ...(causationId === undefined ? {} : { causationId }),
    commandId,
    correlationId,
    inputHash,
    ...(reason === undefined ? {} : { reason }),
    recordedAt,
    schemaVersion,
  };
  const { actor: _, ...others } = metadata;
  const metadataText = [`{"actor":${canonicalJson(actor)}`, `,${canonicalJson(others).slice(1)}`] as const;
  const metadataBytes = Buffer.byteLength(metadataText[0]) + Buffer.byteLength(metadataText[1]) + sealBytes;
  let sizeInBytes = 0;
  const facts = decided.map(({ type, data }) => {
    const dataText = canonicalJson(data);
    sizeInBytes += Buffer.byteLength(dataText) + metadataBytes;
    return { type, dataText };
  });
  return { facts, metadata, metadataText, sizeInBytes };
}

/** Puts the drafts of one append one after the other behind the stream's end. The same drafts give the same bytes. */
export function sealFacts(stream: string, drafts: readonly Draft[], revision: number, hash: string): SealedFact[] {
  const end = revision + drafts.reduce((sum, draft) => sum + draft.facts.length, 0);
  const sealed: SealedFact[] = [];
  for (const { facts, metadata: command, metadataText } of drafts) {
    const appendEnd = revision + facts.length === end ? undefined : end;
    const text = metadataText[0] + (appendEnd === undefined ? '' : `,"appendEnd":${end}`) + metadataText[1];
    const common = appendEnd === undefined ? command : { ...command, appendEnd };
    for (const [index, { type, dataText }] of facts.entries()) {
      revision++;
      const prevHash = hash;
      const id = eventId(`${command.commandId}:${index}:${type}:${prevHash}:${text}${dataText}`);
      hash = hashOfParts({ stream, revision, id, type }, dataText, text, prevHash);
      const data = utf8.encode(dataText);
      const metadata = utf8.encode(`${text.slice(0, -1)},"prevHash":"${prevHash}","hash":"${hash}"}`);
      sealed.push({ id, type, data, dataText, metadata, sealed: { ...common, prevHash, hash }, revision });
    }
  }
  return sealed;
}

/**
 * UUIDv5 of the command's id, the fact's index, and all that the fact says and stands on. The log takes an event with a known id for a
 * repetition without looking at what it says: with ids of command and index alone, two processes that decide the same command at the same
 * time would both be told that their facts were written, though those of one are not.
 */
function eventId(name: string): string {
  const bytes = digest('sha1', Buffer.concat([eventIds, Buffer.from(name)]), 'buffer');
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A fact as it was recorded. `position` is where its append ended: the same in every answer to its command, and never before the fact itself. */
export interface RecordedFact<Fact extends { type: string; data: object } = { type: string; data: object }> {
  readonly type: Fact['type'];
  readonly data: Fact['data'];
  readonly metadata: FactMetadata;
  readonly revision: number;
  readonly position: Position;
  readonly id: string;
}

export function recordedFact({ id, type, dataText, sealed, revision }: SealedFact, position: Position): RecordedFact {
  let data: object | undefined;
  return {
    id,
    type,
    // A copy of its own, made for who wants it.
    get data() {
      return (data ??= JSON.parse(dataText) as object);
    },
    metadata: sealed,
    revision,
    position,
  };
}
