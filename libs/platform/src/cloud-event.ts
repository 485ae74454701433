import { canonicalJson, type FactMetadata, type RecordedEvent } from '#event-store';

/** Streams whose facts are for others. Credentials, reservations, carts, checkpoints and the sandbox's clock are nobody's business. */
export const factStreams = [
  'product-',
  'partner-',
  'customer-',
  'pool-',
  'order-',
  'user-',
  'device-',
  'service-',
  'import-',
  'notification-',
];

export function isFactStream(stream: string): boolean {
  return factStreams.some((prefix) => stream.startsWith(prefix));
}

/** A fact as CloudEvents 1.0 JSON tells it (contract, "Feed and audit"): in the feed, in the audit and in an export alike. */
export interface CloudEventOfFact {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: object;
  readonly position: string;
  readonly revision: number;
  readonly actor: string;
  readonly correlationid: string;
  readonly hash: string;
  readonly prevhash: string;
  /** Canonical JSON of all metadata but the hashes, as text: attributes are simple values. With it anybody can compute `hash` again. */
  readonly metadata: string;
}

export function cloudEvent(event: RecordedEvent): CloudEventOfFact {
  const { hash, prevHash, ...metadata } = event.metadata as FactMetadata;
  return {
    specversion: '1.0',
    id: event.id,
    source: '/license-ledger',
    type: event.type,
    subject: event.stream,
    time: metadata.recordedAt,
    datacontenttype: 'application/json',
    data: event.data,
    position: event.position.toString(),
    revision: event.revision,
    actor: metadata.actor.userId,
    correlationid: metadata.correlationId,
    hash,
    prevhash: prevHash,
    metadata: canonicalJson(metadata),
  };
}
