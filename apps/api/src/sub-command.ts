import type { CommandContext } from '#event-store';
import { uuidV5 } from './http/command-context.js';

/**
 * The context of one step of a command that writes to several streams. Each stream gets a command id of its own, because event ids are made from it;
 * it is the same when the command is repeated. If-Match is about the command's main stream only.
 */
export function stepOf<Context extends CommandContext>(context: Context, step: string): Context {
  return { ...context, commandId: uuidV5(`${context.commandId}\n${step}`), expectedRevision: undefined };
}
