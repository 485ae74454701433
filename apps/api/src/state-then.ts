import type { Aggregate, EventLog, Ledger, Receipt } from '#event-store';

/**
 * The state that a command led to. When the stream has gone on since, that is the state of then, folded from the log: whoever asks again is given the
 * first answer again, and two who change it at once see their own change each. What the ledger lends goes on changing: read it at once.
 */
export async function stateThen<State, Fact extends { type: string; data: object }>(
  { ledger, log }: { readonly ledger: Ledger; readonly log: EventLog },
  aggregate: Aggregate<State, Fact>,
  id: string,
  { revision }: Receipt,
): Promise<State> {
  const loaded = await ledger.load(aggregate, id);
  if (loaded.revision === revision) return loaded.state;
  let state = aggregate.initial();
  const facts = log.readStream(`${aggregate.category}-${id}`, { limit: revision + 1 });
  for await (const fact of facts) state = aggregate.evolve(state, fact as unknown as Fact);
  return state;
}
