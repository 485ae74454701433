import { Rejected } from '#licensing';

/** An operator moved the sandbox's time, or it began. RFC 3339, UTC, milliseconds. */
export interface ClockMoved {
  readonly type: 'ClockMoved';
  readonly data: { readonly now: string };
}

/** All that fell due by `now` was acted on, what fell due by that included. `fired` counts the facts that came of it. */
export interface DeadlinesFired {
  readonly type: 'DeadlinesFired';
  readonly data: { readonly now: string; readonly fired: number };
}

export type ClockFact = ClockMoved | DeadlinesFired;

/** The sandbox's time as the facts tell it. */
export interface SandboxTime {
  readonly now: string | undefined;
  /** Up to when deadlines were fired. */
  readonly firedUpTo: string | undefined;
  /** How many facts came of the latest firing. */
  readonly fired: number;
}

export const sandboxTime = {
  category: 'clock',
  initial: (): SandboxTime => ({ now: undefined, firedUpTo: undefined, fired: 0 }),
  evolve(state: SandboxTime, fact: ClockFact): SandboxTime {
    switch (fact.type) {
      case 'ClockMoved':
        return { ...state, now: fact.data.now };
      case 'DeadlinesFired':
        return { ...state, firedUpTo: fact.data.now, fired: fact.data.fired };
      default:
        return state;
    }
  },
  sizeInBytes: (): number => 200,
};

/** The one sandbox clock's id; its stream is `clock-sandbox`. */
export const sandboxClockId = 'sandbox';
export const sandboxClockStream = `${sandboxTime.category}-${sandboxClockId}`;

/** The first time there is. Said once, by whichever process is first. */
export function startClock(state: SandboxTime, { now }: { readonly now: string }): ClockFact[] {
  return state.now === undefined ? [{ type: 'ClockMoved', data: { now } }] : [];
}

/** Forwards, or not at all (contract, "Sandbox clock"). Errors: CLOCK_BACKWARDS with both times. */
export function moveClock(state: SandboxTime, { now }: { readonly now: string }): ClockFact[] {
  if (state.now !== undefined && now < state.now)
    throw new Rejected('CLOCK_BACKWARDS', `The clock stands at ${state.now} and cannot go back to ${now}.`, {
      now: state.now,
      requested: now,
    });
  return now === state.now ? [] : [{ type: 'ClockMoved', data: { now } }];
}

/** Says that the deadlines of a time were fired; nothing when that was said already. */
export function noteDeadlinesFired(state: SandboxTime, { now, fired }: { readonly now: string; readonly fired: number }): ClockFact[] {
  return state.firedUpTo !== undefined && now <= state.firedUpTo ? [] : [{ type: 'DeadlinesFired', data: { now, fired } }];
}
