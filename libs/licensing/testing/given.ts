import { Rejected } from '../src/rejection.js';

/** The time at which every rule of the book is asked, unless it says otherwise. */
export const noon = '2026-04-01T12:00:00.000Z';
export const commandId = '11111111-1111-4111-8111-111111111111';

interface Folding<State, Fact> {
  initial(): State;
  evolve(state: State, fact: Fact): State;
}
type Decide<State, Command, Fact> = (state: State, command: Command, now: string) => readonly Fact[];
type Refusal = { readonly refused: string; readonly detail: string; readonly [member: string]: unknown };

/** Folds facts into a state: what happened before. */
export function stateAfter<State, Fact>(aggregate: Folding<State, Fact>, facts: readonly Fact[]): State {
  return facts.reduce((state, fact) => aggregate.evolve(state, fact), aggregate.initial());
}

/** `given(pool, …facts).when(decision, command)` answers the new facts, or the refusal with its numbers. The command's context is added. */
export function given<State, Fact extends { type: string; data: object }>(aggregate: Folding<State, Fact>, ...facts: readonly Fact[]) {
  return {
    when<Command>(decide: Decide<State, Command, Fact>, command: Omit<Command, 'context'>, now: string = noon): Fact[] | Refusal {
      const context = { commandId, actor: { userId: 'u-1', role: 'operator' } };
      try {
        return [...decide(stateAfter(aggregate, facts), { context, ...command } as Command, now)];
      } catch (error) {
        if (!(error instanceof Rejected)) throw error;
        return { refused: error.code, detail: error.detail, ...error.members };
      }
    },
  };
}
