import { setTimeout as pause } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { AppendUnknown, RevisionConflict } from './event-log.js';
import type { EventLog, NewEvent, Position } from './event-log.js';
import { chainHash, firstPrevHash } from './hash-chain.js';

/** Where it is said which facts were recorded. Its name is that of a checkpoint: these are no facts of the business. */
export const witnessStream = 'checkpoint-witness';
export const witnessType = 'FactsWitnessed';
/** So much of a fact's hash is said of it, in hexadecimal digits. */
export const witnessedDigits = 12;

/** What one event of the witness says: the beginnings of the hashes of facts, one behind the other, in the order of the log. */
export interface FactsWitnessed {
  readonly facts: string;
  /** The last fact of the word before, where it is certain that all of these stand behind it. */
  readonly behind?: string;
}

export interface WitnessOptions {
  readonly log: EventLog;
  /** The product's clock, RFC 3339. */
  readonly now: () => string;
  /** It speaks when nothing was recorded for so long; 2,000 by default. */
  readonly idleMs?: number;
  /** It speaks after so long at the latest, however much is recorded; 60,000 by default. */
  readonly everyMs?: number;
  /** Told why it could not speak. It tries again. */
  readonly report?: (error: Error) => void;
}

/** The facts of one append. */
interface Noted {
  readonly position: Position;
  readonly facts: string;
}

/** What is to be said, and as what it was sent when it was. */
interface Word {
  readonly id: string;
  readonly data: FactsWitnessed;
  sent?: { readonly event: NewEvent; readonly after: number };
}

const factsMax = { event: 10_000, inMind: 100_000 };
const closeTimeoutMs = 2_000;
const attemptsMax = 20;

/**
 * Says in the log which facts this process recorded, and in which order. The chain of a stream shows neither that its last facts have gone nor that facts of two
 * streams changed places; what was said of them somewhere else does. Why it is so: docs/decisions/083-the-log-has-a-witness.md.
 */
export class Witness {
  private noted: Noted[] = [];
  private words: Word[] = [];
  /** The last fact spoken of. */
  private last: { readonly position: Position; readonly fact: string } | undefined;
  private count = 0;
  private timer: NodeJS.Timeout | undefined;
  private firstAt = 0;
  private lastAt = 0;
  private speaking: Promise<void> = Promise.resolve();
  private readonly idleMs: number;
  private readonly everyMs: number;

  constructor(private readonly options: WitnessOptions) {
    this.idleMs = options.idleMs ?? 2_000;
    this.everyMs = options.everyMs ?? 60_000;
  }

  /** Takes note of the facts of one append, which ended at a position. Costs next to nothing: it speaks of them later. */
  note(position: Position, hashes: readonly string[]): void {
    this.lastAt = performance.now();
    if (this.noted.length === 0) this.firstAt = this.lastAt;
    this.noted.push({ position, facts: hashes.map((hash) => hash.slice(0, witnessedDigits)).join('') });
    this.count += hashes.length;
    if (this.timer === undefined) this.wait();
  }

  /** Says all that was noted so far. Errors: those of the log; then it stays noted. */
  speak(): Promise<void> {
    const spoken = this.speaking.then(() => this.append());
    this.speaking = spoken.catch(() => undefined);
    return spoken;
  }

  /** Says what is left, if the log answers in time. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    const spoken = this.speak().catch((error: Error) => this.options.report?.(error));
    await Promise.race([spoken, pause(closeTimeoutMs, undefined, { ref: false })]);
    clearTimeout(this.timer);
  }

  private wait(): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const now = performance.now();
      const isDue = now - this.lastAt >= this.idleMs || now - this.firstAt >= this.everyMs || this.count >= factsMax.inMind;
      if (!isDue) this.wait();
      else
        this.speak().catch((error: Error) => {
          this.options.report?.(error);
          if (this.timer === undefined) this.wait();
        });
    }, this.idleMs).unref();
  }

  private async append(): Promise<void> {
    // What could not be said the last time comes first, as it was: it may be in the log after all.
    while (this.words.length > 0 || this.noted.length > 0) {
      if (this.words.length === 0) this.words = this.wordsOf(this.noted.splice(0));
      await this.say(this.words[0]!);
      this.words.shift();
    }
  }

  private wordsOf(noted: Noted[]): Word[] {
    this.count = 0;
    noted.sort((left, right) => (left.position < right.position ? -1 : 1));
    const facts = noted.map((append) => append.facts).join('');
    // An answer may come so late that its facts stand before those of the last word.
    let behind = this.last === undefined || noted[0]!.position <= this.last.position ? undefined : this.last.fact;
    const words: Word[] = [];
    for (let at = 0; at < facts.length; at += factsMax.event * witnessedDigits) {
      const some = facts.slice(at, at + factsMax.event * witnessedDigits);
      words.push({ id: uuidv7(), data: { facts: some, ...(behind !== undefined && { behind }) } });
      behind = some.slice(-witnessedDigits);
    }
    const position = noted.at(-1)!.position;
    if (this.last === undefined || position > this.last.position) this.last = { position, fact: behind! };
    return words;
  }

  /** An append whose outcome is unknown is repeated unchanged, which writes it once; when another process was faster, the word goes behind what that said. */
  private async say(word: Word): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      word.sent ??= await this.placed(word);
      try {
        await this.options.log.append(witnessStream, [word.sent.event], word.sent.after);
        return;
      } catch (error) {
        if (error instanceof RevisionConflict) delete word.sent;
        else if (!(error instanceof AppendUnknown)) throw error;
        if (attempt >= attemptsMax) throw error;
        await pause(Math.random() * 20 * attempt);
      }
    }
  }

  private async placed({ id, data }: Word): Promise<{ event: NewEvent; after: number }> {
    const end = await this.end();
    const metadata = { recordedAt: this.options.now() };
    const event = { stream: witnessStream, revision: end.revision + 1, id, type: witnessType, data, metadata };
    const hash = chainHash(event, end.hash);
    return { event: { id, type: witnessType, data, metadata: { ...metadata, prevHash: end.hash, hash } }, after: end.revision };
  }

  private async end(): Promise<{ revision: number; hash: string }> {
    for await (const { revision, metadata } of this.options.log.readStream(witnessStream, { direction: 'backwards', limit: 1 }))
      return { revision, hash: (metadata as { hash: string }).hash };
    return { revision: -1, hash: firstPrevHash };
  }
}

/** What a witness event says of a fact that is not as it was. */
export type Contradiction =
  | { readonly kind: 'missing'; readonly fact: string; readonly behind: string | undefined }
  | { readonly kind: 'moved'; readonly fact: string; readonly behind: string };

/** So many facts are remembered that nobody has spoken of yet: more than are recorded between two words of a witness. */
const unsaidMax = 500_000;
const saidMax = 100_000;
/** So many processes speak at the same time, at the most. */
const endsMax = 1_000;

/** Compares what was said of facts with those that are there, fact by fact in the order of the log. */
export class WitnessCheck {
  /** Their places, by the beginnings of their hashes; several when these are alike. */
  private readonly unsaid = new Map<number, number | number[]>();
  /** Those spoken of lately: two processes that were sent the same command at the same time may both have recorded it. */
  private readonly said = new Map<number, number>();
  /** Where the last facts of words are. */
  private readonly ends = new Map<string, number>();
  private taken = 0;
  private hasForgotten = false;

  /** A fact that stands in the log. */
  take(hash: unknown): void {
    this.taken += 1;
    if (typeof hash !== 'string') return;
    const alike = this.unsaid.get(keyOf(hash));
    this.unsaid.set(keyOf(hash), alike === undefined ? this.taken : [alike, this.taken].flat());
    if (this.unsaid.size <= unsaidMax) return;
    const [oldest] = this.unsaid.keys();
    this.unsaid.delete(oldest!);
    this.hasForgotten = true;
  }

  /** Something that was said: undefined when all of it is true of the facts taken so far. Errors: TypeError when it says nothing that makes sense. */
  compare({ facts, behind }: FactsWitnessed): Contradiction | undefined {
    if (typeof facts !== 'string' || facts.length % witnessedDigits !== 0 || !/^[0-9a-f]+$/.test(facts))
      throw new TypeError('it names no facts');
    let before = (behind === undefined ? undefined : this.ends.get(behind)) ?? 0;
    // Of facts from before the witness began, too many may have come by to remember all.
    const mayBeForgotten = this.hasForgotten;
    this.hasForgotten = false;
    for (let at = 0; at < facts.length; at += witnessedDigits) {
      const fact = facts.slice(at, at + witnessedDigits);
      const places = [this.unsaid.get(keyOf(fact)) ?? this.said.get(keyOf(fact)) ?? []].flat();
      if (places.length === 0 && mayBeForgotten) continue;
      if (places.length === 0) return { kind: 'missing', fact, behind };
      const place = places.find((one) => one > before);
      if (place === undefined) return { kind: 'moved', fact, behind: behind! };
      const others = places.filter((one) => one !== place);
      if (others.length === 0) this.unsaid.delete(keyOf(fact));
      else this.unsaid.set(keyOf(fact), others);
      this.said.set(keyOf(fact), place);
      [before, behind] = [place, fact];
    }
    this.ends.set(facts.slice(-witnessedDigits), before);
    keepLatest(this.ends, endsMax);
    keepLatest(this.said, saidMax);
    return undefined;
  }
}

function keepLatest(map: Map<unknown, unknown>, sizeMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(key);
  }
}

function keyOf(hash: string): number {
  return Number.parseInt(hash.slice(0, witnessedDigits), 16);
}
