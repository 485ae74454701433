import type { Aggregate, EventLog, Ledger, Receipt } from '#event-store';

/**
 * The state that a command led to. When it is answered again that is the state of then, folded from the log: the first answer is given again, whatever
 * happened since. What the ledger lends goes on changing: read it at once.
 */
export async function stateThen<State, Fact extends { type: string; data: object }>(
  { ledger, log }: { readonly ledger: Ledger; readonly log: EventLog },
  aggregate: Aggregate<State, Fact>,
  id: string,
  { revision, replayed }: Receipt,
): Promise<State> {
  if (!replayed) return (await ledger.load(aggregate, id)).state;
  let state = aggregate.initial();
  const facts = log.readStream(`${aggregate.category}-${id}`, { limit: revision + 1 });
  for await (const fact of facts) state = aggregate.evolve(state, fact as unknown as Fact);
  return state;
}
