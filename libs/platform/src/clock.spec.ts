import { describe, expect, it } from '@jest/globals';
import { Rejected } from '#licensing';
import { wallClock } from './clock.js';
import { moveClock, noteDeadlinesFired, sandboxTime, startClock, type ClockFact } from './sandbox-time.js';

const [noon, later] = ['2026-04-01T12:00:00.000Z', '2026-04-01T12:00:00.001Z'];
const after = (...facts: ClockFact[]) => facts.reduce(sandboxTime.evolve, sandboxTime.initial());
const moved = (now: string): ClockFact => ({ type: 'ClockMoved', data: { now } });

describe('the wall clock', () => {
  it('tells times that sort as texts, to the millisecond, in UTC', () => {
    expect(wallClock.nowText()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('wakes who waits when the time has come, not before', async () => {
    const at = new Date(wallClock.now().getTime() + 50).toISOString();
    await wallClock.reaches(at, new AbortController().signal);
    expect(wallClock.nowText() >= at).toBe(true);
  });

  it('lets go of who waits for a far time when it is told to', async () => {
    const stopping = new AbortController();
    const waiting = wallClock.reaches('2999-01-01T00:00:00.000Z', stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });
});

describe('the sandbox’s time', () => {
  it('begins once, whoever is first', () => {
    expect(startClock(after(), { now: noon })).toEqual([moved(noon)]);
    expect(startClock(after(moved(noon)), { now: later })).toEqual([]);
  });

  it('moves forwards, and to where it stands without a fact', () => {
    expect(moveClock(after(moved(noon)), { now: later })).toEqual([moved(later)]);
    expect(moveClock(after(moved(noon)), { now: noon })).toEqual([]);
  });

  it('refuses to go back, by a millisecond even, with both times', () => {
    const back = () => moveClock(after(moved(later)), { now: noon });
    expect(back).toThrow(Rejected);
    expect(back).toThrow(expect.objectContaining({ code: 'CLOCK_BACKWARDS', members: { now: later, requested: noon } }));
  });

  it('knows up to when deadlines were fired, and says so once', () => {
    const fired: ClockFact = { type: 'DeadlinesFired', data: { now: noon, fired: 3 } };
    expect(noteDeadlinesFired(after(moved(noon)), { now: noon, fired: 3 })).toEqual([fired]);
    expect(after(moved(noon), fired)).toEqual({ now: noon, firedUpTo: noon, fired: 3 });
    expect(noteDeadlinesFired(after(moved(noon), fired), { now: noon, fired: 1 })).toEqual([]);
    expect(noteDeadlinesFired(after(moved(noon), fired, moved(later)), { now: later, fired: 0 })).toHaveLength(1);
  });
});
