import { createHash, randomUUID } from 'node:crypto';
import type { Aggregate, Decide } from '../aggregate.js';
import { canonicalJson } from '../canonical.js';
import type { CommandContext } from '../metadata.js';

/** A small domain to try the write path with: something is added, and taken while there is enough. */
export type TallyFact =
  | { readonly type: 'TallyAdded'; readonly data: { readonly amount: number; readonly note?: string } }
  | { readonly type: 'TallyTaken'; readonly data: { readonly amount: number; readonly by: string } };

export interface TallyState {
  available: number;
  taken: { amount: number; by: string }[];
}

export const tally: Aggregate<TallyState, TallyFact> = {
  category: 'tally',
  initial: () => ({ available: 0, taken: [] }),
  evolve: (state, fact) => {
    if (fact.type === 'TallyAdded') state.available += fact.data.amount;
    else if (fact.type === 'TallyTaken') {
      state.available -= fact.data.amount;
      state.taken.push(fact.data);
    }
    return state;
  },
  sizeInBytes: (state) => 100 + state.taken.length * 100,
};

export interface TallyCommand {
  readonly context: CommandContext;
  readonly amount: number;
  readonly note?: string;
}

export class NotEnough extends Error {}

export const add: Decide<TallyState, TallyCommand, TallyFact> = (_, { amount, note }) => [
  { type: 'TallyAdded', data: note === undefined ? { amount } : { amount, note } },
];

export const take: Decide<TallyState, TallyCommand, TallyFact> = (state, { amount, context }) => {
  if (state.available < amount) throw new NotEnough(`${state.available} available, ${amount} wanted`);
  return [{ type: 'TallyTaken', data: { amount, by: context.commandId } }];
};

/** Takes one at a time: as many facts as the amount. */
export const takeEach: Decide<TallyState, TallyCommand, TallyFact> = (state, { amount, context }) => {
  if (state.available < amount) throw new NotEnough(`${state.available} available, ${amount} wanted`);
  return Array.from({ length: amount }, () => ({ type: 'TallyTaken' as const, data: { amount: 1, by: context.commandId } }));
};

export const nothing: Decide<TallyState, TallyCommand, TallyFact> = () => [];

export function commandOf(amount: number, context: Partial<CommandContext> = {}): TallyCommand {
  const inputHash = createHash('sha256').update(canonicalJson({ amount })).digest('hex');
  const actor = { userId: '00000000-0000-4000-8000-000000000001', role: 'operator' };
  return { amount, context: { commandId: randomUUID(), inputHash, correlationId: randomUUID(), actor, ...context } };
}
