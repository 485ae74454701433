import type { Aggregate, CommandContext, Decide, Ledger, Receipt } from '#event-store';
import { uuidV5 } from './http/command-context.js';

/**
 * The context of one step of a command that writes to several streams. Each stream gets a command id of its own, because event ids are made from it;
 * it is the same when the command is repeated. If-Match is about the command's main stream only.
 */
export function stepOf<Context extends CommandContext>(context: Context, step: string): Context {
  return { ...context, commandId: uuidV5(`${context.commandId}\n${step}`), expectedRevision: undefined };
}

/**
 * A command's own stream is asked before others are written to: what it refuses is refused now, and a command that it knows is answered again,
 * whatever it would decide today. Undefined when there is something new to record. Errors: those of `decide` and of Ledger.record.
 */
export async function knownBefore<State, Fact extends { type: string; data: object }, Command>(
  ledger: Ledger,
  aggregate: Aggregate<State, Fact>,
  id: string,
  command: Command & { readonly context: CommandContext },
  decide: Decide<State, Command & { readonly context: CommandContext }, Fact>,
): Promise<Receipt | undefined> {
  const somethingNew = new Error('the command has something to record');
  try {
    return await ledger.record(aggregate, id, command, (state: State, asked, now) => {
      if (decide(state, asked, now).length > 0) throw somethingNew;
      return [];
    });
  } catch (error) {
    if (error === somethingNew) return undefined;
    throw error;
  }
}
