import type { EventLog, Position, Receipt, RecordedEvent } from '#event-store';
import { finalOrderStates, stateAfterFact, type OrderFact } from '#licensing';

/** A step of an order as its buyer is told of it while waiting (003-54). */
export function progressOf({ type, data, metadata }: RecordedEvent): object {
  const { orderId, reason } = data as { readonly orderId: string; readonly reason?: string };
  const { recordedAt } = metadata as { readonly recordedAt: string };
  return { orderId, state: stateAfterFact[type as OrderFact['type']], at: recordedAt, ...(reason !== undefined && { reason }) };
}

/** That it was delivered says nothing to the buyer before the pool has it. */
export function isStep({ type }: RecordedEvent): boolean {
  return type in stateAfterFact && type !== 'OrderFulfilled';
}

export function isLastStep({ type }: RecordedEvent): boolean {
  return finalOrderStates.includes(stateAfterFact[type as OrderFact['type']]);
}

/** Whether a reader who has seen everything up to a position has seen all that an order will ever tell. */
export async function isToldBy(log: EventLog, orderId: string, seen: Position | undefined): Promise<boolean> {
  if (seen === undefined) return false;
  for await (const last of log.readStream(`order-${orderId}`, { direction: 'backwards', limit: 1 }))
    return isLastStep(last) && last.position <= seen;
  return false;
}

/** The OrderPlaced of an order that is known to be placed. */
export async function firstFact(log: EventLog, orderId: string): Promise<RecordedEvent> {
  for await (const first of log.readStream(`order-${orderId}`, { limit: 1 })) return first;
  throw new Error(`order-${orderId} has no facts`);
}

/**
 * What a command is answered that finds its order placed by another one: the order has gone on since, or will, so a repetition is answered the same by its
 * first fact only.
 */
export function asPlaced(receipt: Receipt, { revision, position }: RecordedEvent, replayed: boolean): Receipt {
  return { ...receipt, revision, position, replayed };
}
