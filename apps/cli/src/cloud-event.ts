import { canonicalJson, type FactMetadata, type RecordedEvent } from '#event-store';

/** Streams whose facts are for others: no password hashes, no reservations, no places of automations. */
const factStreams = ['product-', 'partner-', 'customer-', 'pool-', 'order-', 'user-', 'device-', 'service-', 'import-', 'notification-'];

export function isFactStream(stream: string): boolean {
  return factStreams.some((prefix) => stream.startsWith(prefix));
}

/**
 * A fact as the feed tells it (contract, "Feed and audit"): a CloudEvent 1.0 with its place in the log and in its stream's hash chain. `metadata` is
 * canonical JSON as text; with it anybody can compute `hash` again.
 */
export function cloudEvent({ stream, revision, position, id, type, data, metadata: sealed }: RecordedEvent): object {
  const { hash, prevHash, ...metadata } = sealed as FactMetadata;
  return {
    specversion: '1.0',
    id,
    source: '/license-ledger',
    type,
    subject: stream,
    time: metadata.recordedAt,
    datacontenttype: 'application/json',
    data,
    position: String(position),
    revision,
    actor: metadata.actor.userId,
    correlationid: metadata.correlationId,
    hash,
    prevhash: prevHash,
    metadata: canonicalJson(metadata),
  };
}
