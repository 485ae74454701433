import type { EventLog, NewEvent } from '../event-log.js';
import { appendTo, systemEvent } from '../groups/parked.js';
import { latestNote } from '../own-notes.js';
import { recordAt } from '../record-at.js';
import { causeOf, linkEvent } from './link.js';
import { STANDARD_PROJECTIONS, type StandardProjection } from './standard.js';

/** So many records are looked at in one turn: what a turn says is appended together, and others get their turn after it. */
const RECORDS_A_TURN = 256;
/** After so many records a projection notes how far it has come: what a start has to look through is bounded by it. */
const RECORDS_A_NOTE = 4096;
const RETRY_AFTER_MS = 1000;

/** A projection and how far it has come. */
export interface Running {
  readonly projection: StandardProjection;
  isEnabled: boolean;
  /** Everything before this position is done. */
  at: number;
  /** Where it stood when it last noted its state. */
  noted: number;
  recordsSinceNote: number;
  /** Since the start. */
  eventsProcessed: number;
  busyMs: number;
  /** Why it does not get on, if so; it goes on trying. */
  fault: string | undefined;
}

const stateStreamOf = ({ name }: StandardProjection): string => `$projections-${name}`;

/**
 * The standard projections over one log. What they say about up to 256 records is appended in one piece, so it is there as a whole
 * or not at all; the entries themselves name the event they are about. That is how a start knows exactly how far each had come,
 * however the last life ended: from its last note on it looks for the last entry. No entry is doubled, none is missing.
 */
export class Projections {
  private wake: (() => void) | undefined;
  private hasGrown = true;
  private isStopped = false;
  private readonly unfollow: () => void;
  private running: Promise<void> = Promise.resolve();
  private changing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly log: EventLog,
    private readonly all: Running[],
  ) {
    this.unfollow = log.follow(() => this.look());
    this.running = this.run();
  }

  /** Starts those that are enabled: by an earlier call, or all of them. */
  static async start(log: EventLog, areAllEnabled: boolean): Promise<Projections> {
    const all = await Promise.all(STANDARD_PROJECTIONS.map((projection) => stateOf(log, projection)));
    await findPlaces(log, all);
    const projections = new Projections(log, all);
    if (areAllEnabled) for (const { name } of STANDARD_PROJECTIONS) await projections.enable(name);
    return projections;
  }

  list(): readonly Running[] {
    return this.all.toSorted((a, b) => a.projection.number - b.projection.number);
  }

  find(name: string): Running | undefined {
    return this.all.find(({ projection }) => projection.name === name);
  }

  /** Durable when this resolves: it runs again after a restart. It goes on where it was when it was disabled. */
  enable(name: string): Promise<void> {
    return this.change(async () => {
      const found = this.find(name)!;
      if (found.isEnabled) return;
      await this.note(found, true);
      found.isEnabled = true;
      this.look();
    });
  }

  /** Resolves when it has stopped, and that is durable. */
  disable(name: string): Promise<void> {
    return this.change(async () => {
      const found = this.find(name)!;
      if (!found.isEnabled) return;
      await this.pause(async () => {
        await this.note(found, false);
        found.isEnabled = false;
      });
    });
  }

  /** Stops all and starts those that are enabled from what the log says of them. */
  restart(): Promise<void> {
    return this.change(() =>
      this.pause(async () => {
        const fresh = await Promise.all(STANDARD_PROJECTIONS.map((projection) => stateOf(this.log, projection)));
        await findPlaces(this.log, fresh);
        this.all.splice(0, this.all.length, ...fresh);
      }),
    );
  }

  /** Ends the work and notes how far it has come. */
  async stop(): Promise<void> {
    await this.changing;
    this.unfollow();
    await this.halt();
    for (const one of this.all) if (one.isEnabled && one.at > one.noted) await this.note(one, true).catch(() => undefined);
  }

  // One change after the other.
  private change(action: () => Promise<void>): Promise<void> {
    const changed = this.changing.then(action);
    this.changing = changed.catch(() => undefined);
    return changed;
  }

  // Runs an action while no turn is under way.
  private async pause(action: () => Promise<void>): Promise<void> {
    await this.halt();
    try {
      await action();
    } finally {
      this.isStopped = false;
      this.hasGrown = true;
      this.running = this.run();
    }
  }

  private async halt(): Promise<void> {
    this.isStopped = true;
    this.wake?.();
    await this.running;
  }

  private look(): void {
    this.hasGrown = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.hasGrown = false;
      const together = this.nextTogether();
      if (together.length === 0) await this.grown();
      else await this.turn(together);
    }
  }

  // Those whose turn it is: of all that are behind, the one that waits longest, with those that stand at the same place.
  private nextTogether(): Running[] {
    const behind = this.all.filter(({ isEnabled, at }) => isEnabled && at < this.log.log.durableEnd);
    const together = behind.filter(({ at }) => at === behind[0]!.at);
    for (const one of together) this.all.push(...this.all.splice(this.all.indexOf(one), 1));
    return together;
  }

  private async grown(): Promise<void> {
    if (!this.hasGrown && !this.isStopped) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = undefined;
  }

  private async turn(together: Running[]): Promise<void> {
    const startedMs = performance.now();
    try {
      await this.pass(together);
      for (const one of together) one.fault = undefined;
    } catch (error) {
      for (const one of together) one.fault = error instanceof Error ? error.message : String(error);
      const again = setTimeout(() => this.wake?.(), RETRY_AFTER_MS).unref();
      if (!this.isStopped) await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
      clearTimeout(again);
    }
    for (const one of together) one.busyMs += performance.now() - startedMs;
  }

  private async pass(together: Running[]): Promise<void> {
    const { logId, durableEnd } = this.log.log;
    let { at } = together[0]!;
    let records = 0;
    let events = 0;
    const said = new Map<string, NewEvent[]>();
    for (; records < RECORDS_A_TURN; records++) {
      const found = recordAt(this.log, at);
      const record = found instanceof Promise ? await found : found;
      if (record === undefined) {
        at = Math.max(at, durableEnd);
        break;
      }
      at = record.end;
      if (!record.isEvent) continue;
      events += 1;
      for (const { projection } of together) {
        const entry = projection.entryFor(record);
        if (entry === undefined) continue;
        const link = linkEvent(logId, projection, record, entry);
        const present = said.get(entry.stream);
        if (present === undefined) said.set(entry.stream, [link]);
        else present.push(link);
      }
    }
    await this.append([...said].map(([stream, links]) => ({ stream, events: links })));
    for (const one of together) {
      one.at = at;
      one.eventsProcessed += events;
      one.recordsSinceNote += records;
      if (one.recordsSinceNote >= RECORDS_A_NOTE) await this.note(one, true);
    }
  }

  private append(parts: { stream: string; events: NewEvent[] }[]): Promise<void> {
    if (parts.length === 0) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve, reject) => this.log.appendTogether(parts, (error) => (error ? reject(error) : resolve())));
  }

  private async note(one: Running, isEnabled: boolean): Promise<void> {
    const { at } = one;
    const state = { enabled: isEnabled, position: at };
    await appendTo(this.log, stateStreamOf(one.projection), systemEvent('$ProjectionUpdated', JSON.stringify(state), true));
    one.noted = at;
    one.recordsSinceNote = 0;
  }
}

interface Noted extends Running {
  /** Where its last note is in the log; what it said later is behind that. */
  notePosition: number;
}

async function stateOf(log: EventLog, projection: StandardProjection): Promise<Noted> {
  const running = { projection, recordsSinceNote: 0, eventsProcessed: 0, busyMs: 0, fault: undefined };
  const { firstPosition } = log.log;
  const note = await latestNote(log, stateStreamOf(projection), (json, { end }) => {
    const { enabled, position } = json as { enabled: unknown; position: unknown };
    return typeof enabled === 'boolean' && typeof position === 'number' ? { enabled, position, end } : undefined;
  });
  if (note === undefined) {
    return { ...running, isEnabled: false, at: firstPosition, noted: firstPosition, notePosition: log.log.durableEnd };
  }
  const { enabled, position, end } = note;
  return { ...running, isEnabled: enabled, at: position, noted: position, notePosition: end };
}

// Moves those that run to after the last event about which they have said something.
async function findPlaces(log: EventLog, all: Noted[]): Promise<void> {
  const enabled = all.filter(({ isEnabled }) => isEnabled);
  const last = new Map<Noted, number>();
  let at = Math.min(...enabled.map(({ notePosition }) => notePosition), log.log.durableEnd);
  for (let passed = 1; ; passed++) {
    const found = recordAt(log, at);
    const record = found instanceof Promise ? await found : found;
    if (record === undefined) break;
    at = record.end;
    if (passed % RECORDS_A_NOTE === 0) await new Promise((resolve) => setImmediate(resolve));
    if (!record.isEvent) continue;
    for (const one of enabled) {
      const cause = causeOf(log.log.logId, one.projection, record);
      if (cause !== undefined && cause >= (last.get(one) ?? 0)) last.set(one, cause);
    }
  }
  for (const [one, cause] of last) if (cause >= one.at) one.at = (await log.log.record(cause)).end;
}
