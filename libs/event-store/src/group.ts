import type { Decide } from './aggregate.js';
import type { CommandPlace } from './command-memory.js';
import type { Appended, Position } from './event-log.js';
import { draftFacts, recordedFact } from './facts.js';
import type { Draft, RecordedFact, SealedFact } from './facts.js';
import { CommandTooLarge, ExpectedRevisionMismatch, IdempotencyKeyReused } from './ledger-errors.js';
import type { CommandContext } from './metadata.js';
import type { StreamState } from './stream-state.js';

export type AnyFact = { type: string; data: object };

/** The answer to a command. */
export interface Receipt<Fact extends AnyFact = AnyFact, State = unknown> {
  readonly stream: string;
  /** Of the command's last fact; of the stream's end when there was nothing to record (-1: there is no such stream). */
  readonly revision: number;
  /** Whoever has read the log up to here knows of the command. Undefined only when there is no such stream. */
  readonly position: Position | undefined;
  readonly facts: readonly RecordedFact<Fact>[];
  /** The command was recorded before, and this is its first answer again. */
  readonly replayed: boolean;
  /** Nothing was appended: `facts` is what would be, and `state` what it would lead to. */
  readonly dryRun: boolean;
  readonly state?: State;
}

/** A command that waits for its turn. */
export interface Waiting {
  readonly command: { readonly context: CommandContext };
  readonly decide: Decide<unknown, unknown, AnyFact>;
  /** When it came (performance.now()). */
  readonly arrivedAt: number;
  /** How often it was decided in vain. */
  attempts: number;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** Called when what the group decided stands in the log; without arguments when it had nothing to append. */
type Answer = (appended?: Appended, sealed?: readonly SealedFact[]) => void;

/** Commands that were decided one after the other: what is to be appended, and who is told what when it is. */
export interface Group {
  /** Who is answered by `answers`, or decided again when the append fails. */
  readonly members: Waiting[];
  readonly answers: Answer[];
  readonly drafts: Draft[];
  /** Commands that the stream took in before: they are answered from there. */
  readonly repeated: { readonly waiting: Waiting; readonly place: CommandPlace }[];
  /** What did not fit into the append. */
  rest: Waiting[];
}

interface Limits {
  readonly now: () => string;
  readonly appendBytesMax: number;
}

/**
 * Decides the commands in their order, each on the state that the ones before it lead to; the state is ahead of the log from the first draft on.
 * Refusals are answers like others: they may rest on facts of the same group, and hold only when those are appended.
 */
export function decideGroup(state: StreamState<unknown>, waiting: readonly Waiting[], limits: Limits): Group {
  const group: Group = { members: [], answers: [], drafts: [], repeated: [], rest: [] };
  const originals = new Map<string, { inputHash: string; facts: (sealed: readonly SealedFact[]) => readonly SealedFact[] }>();
  let sizeInBytes = 0;
  let count = 0;
  for (const [index, member] of waiting.entries()) {
    const { context } = member.command;
    const answer = (to: Answer) => {
      group.members.push(member);
      group.answers.push(to);
    };
    let draft: Draft;
    try {
      const original = originals.get(context.commandId);
      if (original !== undefined && context.dryRun !== true) {
        if (original.inputHash !== context.inputHash) throw new IdempotencyKeyReused(state.stream, context.commandId);
        answer((appended, sealed) => member.resolve(recordedReceipt(state.stream, appended!, original.facts(sealed!), true)));
        continue;
      }
      const place = context.dryRun === true ? undefined : state.commands.find(context.commandId);
      if (place !== undefined) {
        group.repeated.push({ waiting: member, place });
        continue;
      }
      if (context.expectedRevision !== undefined && context.expectedRevision !== state.revision) {
        throw new ExpectedRevisionMismatch(state.stream, context.expectedRevision, state.revision);
      }
      const now = latest(limits.now(), state.recordedAt);
      const decided = member.decide(state.state, member.command, now);
      draft = draftFacts(context, now, decided);
      if (draft.sizeInBytes > limits.appendBytesMax) throw new CommandTooLarge(state.stream, draft.sizeInBytes, limits.appendBytesMax);
    } catch (error) {
      answer(() => member.reject(error));
      continue;
    }
    if (context.dryRun === true) {
      const preview = previewReceipt(state, draft);
      answer(() => member.resolve(preview));
    } else if (draft.facts.length === 0) {
      const { stream, revision, position } = state;
      answer((appended) =>
        member.resolve({ stream, revision, position: appended?.position ?? position, facts: [], replayed: false, dryRun: false }),
      );
    } else if (sizeInBytes + draft.sizeInBytes > limits.appendBytesMax) {
      group.rest = waiting.slice(index);
      break;
    } else {
      const [from, to] = [count, count + draft.facts.length];
      const facts = (sealed: readonly SealedFact[]) => sealed.slice(from, to);
      answer((appended, sealed) => member.resolve(recordedReceipt(state.stream, appended!, facts(sealed!), false)));
      originals.set(context.commandId, { inputHash: context.inputHash, facts });
      group.drafts.push(draft);
      sizeInBytes += draft.sizeInBytes;
      count = to;
      state.takeDraft(draft);
    }
  }
  return group;
}

function recordedReceipt(stream: string, appended: Appended, sealed: readonly SealedFact[], replayed: boolean): Receipt {
  const facts = sealed.map((fact) => recordedFact(fact, appended.position));
  return { stream, revision: sealed.at(-1)!.revision, position: appended.position, facts, replayed, dryRun: false };
}

function previewReceipt(state: StreamState<unknown>, draft: Draft): Receipt {
  const { stream, revision, position } = state;
  const preview = state.preview(draft);
  return { stream, revision, position, facts: preview.facts, state: preview.state, replayed: false, dryRun: true };
}

/** Times of the RFC 3339 form with milliseconds sort as texts. */
function latest(now: string, recordedAt: string): string {
  return now > recordedAt ? now : recordedAt;
}
