/** Who acts; the domain's Actor, as stored with every fact. */
export interface FactActor {
  readonly userId: string;
  readonly role: string;
  readonly accountId?: string;
  readonly onBehalfOf?: string;
}

/** Stored beside every fact. */
export interface FactMetadata {
  readonly commandId: string;
  /** SHA-256, hex, of the command's canonical input: the same key with another body is told apart by it. */
  readonly inputHash: string;
  readonly correlationId: string;
  /** The id of the fact that made an automation act. */
  readonly causationId?: string;
  readonly actor: FactActor;
  readonly reason?: string;
  readonly schemaVersion: number;
  /** The revision at which the append of this fact ended, when that is beyond its own command: commands of one append share its position. */
  readonly appendEnd?: number;
  /** When it was recorded, by the product's clock (RFC 3339 UTC, milliseconds); never goes back within a stream. */
  readonly recordedAt: string;
  /** The stream's chain: 64 zeros before the first fact. See hash-chain.ts. */
  readonly prevHash: string;
  readonly hash: string;
}

/** What the server adds to a command: identity, origin, and the caller's conditions. */
export interface CommandContext {
  /** A UUID: UUIDv5 of the caller's account, the route and the Idempotency-Key. What the command creates carries this id. */
  readonly commandId: string;
  readonly inputHash: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly actor: FactActor;
  readonly reason?: string;
  /** If-Match: the revision the stream must be at. */
  readonly expectedRevision?: number;
  /** Same checks, nothing appended. */
  readonly dryRun?: boolean;
}
