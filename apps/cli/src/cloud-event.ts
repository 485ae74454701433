import type { FactMetadata, RecordedEvent } from '#event-store';

/**
 * A fact as the feed shows it (design §8): a CloudEvent 1.0 whose extension attributes carry its place in the log and in the stream's hash chain.
 * With it anybody can compute the hash again.
 */
export function cloudEvent({ stream, revision, position, id, type, data, metadata }: RecordedEvent): object {
  const { recordedAt, correlationId, actor, hash, prevHash, ...rest } = metadata as FactMetadata;
  return {
    specversion: '1.0',
    id,
    source: '/v1/events',
    type,
    subject: stream,
    time: recordedAt,
    datacontenttype: 'application/json',
    position: String(position),
    revision,
    actor,
    correlationid: correlationId,
    hash,
    prevhash: prevHash,
    metadata: rest,
    data,
  };
}
