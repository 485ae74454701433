import { crc32c } from '@node-rs/crc32';
import type { Consumer } from './consumer.js';
import type { Message } from './message.js';
import type { StrategyName } from './settings.js';

/** Who gets a message: a consumer; `nobody` can take any; or only this message has to wait, because its consumer is full. */
export type Choice = Consumer | 'nobody' | 'wait';

/** Picks the consumer of a message among those connected, in the order they came. */
export type Strategy = (message: Message, consumers: Consumer[]) => Choice;

export function strategyOf(name: StrategyName): Strategy {
  if (name === 'DispatchToSingle') return (_, consumers) => consumers.find(({ freeSlots }) => freeSlots > 0) ?? 'nobody';
  if (name === 'RoundRobin') return roundRobin();
  return name === 'Pinned' ? pinnedBy(streamOf) : pinnedBy(correlationOf);
}

function roundRobin(): Strategy {
  let latest: Consumer | undefined;
  return (_, consumers) => {
    const after = latest === undefined ? 0 : consumers.indexOf(latest) + 1;
    for (let count = 0; count < consumers.length; count++) {
      const consumer = consumers[(after + count) % consumers.length]!;
      if (consumer.freeSlots > 0) return (latest = consumer);
    }
    return 'nobody';
  };
}

// Each consumer bids for each key by a hash of both; the highest bid has it. Who comes or goes moves only the keys it wins or had.
function pinnedBy(keyOf: (message: Message) => string): Strategy {
  const numbers = new WeakMap<Consumer, number>();
  let next = 1;
  return (message, consumers) => {
    if (consumers.every(({ freeSlots }) => freeSlots <= 0)) return 'nobody';
    const key = keyOf(message);
    let chosen = consumers[0]!;
    let highest = -1;
    for (const consumer of consumers) {
      const number = numbers.get(consumer) ?? next++;
      numbers.set(consumer, number);
      const bid = Math.imul(crc32c(key, number), 0x9e3779b1) >>> 0;
      if (bid > highest) {
        highest = bid;
        chosen = consumer;
      }
    }
    return chosen.freeSlots > 0 ? chosen : 'wait';
  };
}

const streamOf = (message: Message): string => (message.event ?? message.original).streamName;

function correlationOf(message: Message): string {
  try {
    const { $correlationId } = JSON.parse((message.event ?? message.original).metadata.toString('utf8')) as Record<string, unknown>;
    if (typeof $correlationId === 'string') return $correlationId;
  } catch {
    // Metadata that is no JSON names no correlation.
  }
  return streamOf(message);
}
