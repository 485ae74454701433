import type { Consumer } from '../groups/consumer.js';
import type { Group } from '../groups/group.js';
import { placeText, sourceOf } from '../groups/settings.js';
import type { ProtobufWriter } from './protobuf.js';

/** Writes what GetInfo and List say of a group. */
export function groupInfo(writer: ProtobufWriter, group: Group): void {
  const { settings } = group;
  const place = (value: number | undefined): string => (value === undefined ? '' : placeText(settings, value));
  const inFlight = group.inFlightMessages;
  writer.textField(1, sourceOf(settings));
  writer.textField(2, settings.name);
  writer.textField(3, group.hasCaughtUp ? 'Live' : 'Behind');
  for (const consumer of group.consumers) writer.messageField(4, (inner) => connectionInfo(inner, consumer, settings.extraStatistics));
  writer.varintField(5, perSecond(group.totalItems, group.startedAtMs));
  writer.varintField(6, group.totalItems);
  writer.varintField(7, group.totalItems);
  writer.textField(8, place(group.lastCheckpoint));
  writer.textField(9, place(group.lastKnown));
  writer.varintField(10, Number(settings.resolveLinks));
  writer.textField(11, placeText(settings, settings.startFrom));
  signed(writer, 12, settings.messageTimeoutMs);
  writer.varintField(13, Number(settings.extraStatistics));
  signed(writer, 14, settings.retriesMax);
  signed(writer, 15, settings.liveBufferSize);
  signed(writer, 16, settings.historyBufferSize);
  signed(writer, 17, settings.readBatchSize);
  signed(writer, 18, settings.checkpointAfterMs);
  signed(writer, 19, settings.checkpointCountMin);
  signed(writer, 20, settings.checkpointCountMax);
  writer.varintField(21, group.bufferCount);
  writer.varintField(22, 0);
  writer.varintField(23, group.retryCount);
  writer.varintField(24, inFlight);
  writer.varintField(25, inFlight);
  writer.textField(26, settings.strategy);
  signed(writer, 27, settings.consumersMax);
  writer.varintField(28, group.parked.count);
}

function connectionInfo(writer: ProtobufWriter, consumer: Consumer, withStatistics: boolean): void {
  const { delivery, totalItems } = consumer;
  writer.textField(1, delivery.from);
  writer.textField(2, 'system');
  writer.varintField(3, perSecond(totalItems, consumer.connectedAtMs));
  writer.varintField(4, totalItems);
  writer.varintField(5, totalItems);
  if (withStatistics) {
    for (const [key, value] of measurements(consumer.latenciesMs)) {
      writer.messageField(6, (inner) => {
        inner.textField(1, key);
        inner.varintField(2, value);
      });
    }
  }
  writer.varintField(7, Math.max(0, consumer.freeSlots));
  writer.varintField(8, consumer.inFlightMessages);
  writer.textField(9, delivery.connectionName);
}

// Times to acknowledgement, in milliseconds, under the names the real server gives them.
function measurements(latenciesMs: number[]): [string, number][] {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  const mean = sorted.length === 0 ? 0 : Math.round(sorted.reduce((sum, value) => sum + value, 0) / sorted.length);
  return [
    ['Mean', mean],
    ['Median', at(0.5)],
    ['Fastest', at(0)],
    ['Highest', at(1)],
    ...[1, 2, 3, 4, 5].map((quintile): [string, number] => [`Quintile ${quintile}`, at(quintile / 5)]),
    ...[90, 95, 99, 99.5, 99.9].map((percent): [string, number] => [`${percent}%`, at(percent / 100)]),
  ];
}

const perSecond = (count: number, sinceMs: number): number => Math.round(count / Math.max(1, (Date.now() - sinceMs) / 1000));

function signed(writer: ProtobufWriter, field: number, value: number): void {
  if (value < 0) writer.bigVarintField(field, BigInt(value));
  else writer.varintField(field, value);
}
