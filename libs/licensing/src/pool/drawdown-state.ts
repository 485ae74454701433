import type { DrawdownFact, DrawdownLine } from './drawdown.events.js';
import { move } from './lots.js';
import type { PoolState } from './pool.js';

export const drawdownStates = ['submitted', 'approved', 'accepted', 'rejected', 'cancelled', 'lapsed'] as const;
export type DrawdownState = (typeof drawdownStates)[number];

/** What a decision about a drawdown has to know of it. Kept for good, so that a closed one says what it came to. */
export interface Drawdown {
  readonly drawdownId: string;
  /** Of its DrawdownSubmitted in the pool's stream: where what was asked for can be found again. */
  readonly revision: number;
  state: DrawdownState;
  readonly orderId: string;
  readonly customerId: string;
  readonly requestedBy: string;
  readonly holdUntil: string;
  /** What is held; empty once it is closed. */
  lines: readonly DrawdownLine[];
}

export function foldDrawdown(state: PoolState, { type, data }: DrawdownFact): void {
  if (type === 'DrawdownSubmitted') {
    const { drawdownId, orderId, customerId, requestedBy, holdUntil, lines } = data;
    const { revision } = state;
    state.drawdowns.set(drawdownId, { drawdownId, revision, state: 'submitted', orderId, customerId, requestedBy, holdUntil, lines });
    state.openDrawdowns.add(drawdownId);
    for (const { sku, lots } of lines) for (const lot of lots) move(state, { ...lot, sku }, 'available', 'held');
    return;
  }
  const drawdown = state.drawdowns.get(data.drawdownId);
  if (type === 'DrawdownApproved') {
    if (drawdown) drawdown.state = 'approved';
    return;
  }
  if (type === 'DrawdownAccepted') {
    for (const { sku, lots } of data.lines)
      for (const { lotId, quantity } of lots) move(state, { lotId, sku, quantity }, 'held', 'assigned');
  } else for (const part of data.released) move(state, part, 'held', 'available');
  state.openDrawdowns.delete(data.drawdownId);
  if (!drawdown) return;
  drawdown.state = closedAs[type];
  drawdown.lines = [];
}

const closedAs = {
  DrawdownAccepted: 'accepted',
  DrawdownRejected: 'rejected',
  DrawdownCancelled: 'cancelled',
  DrawdownLapsed: 'lapsed',
} as const;
