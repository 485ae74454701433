import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addTerm, parseDuration, toInstant } from './term.js';

const at = (text: string) => `${text}T09:30:00.000Z`;
const anchors = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

describe('A term', () => {
  it.each([
    ['2026-04-01', 'P1Y', '2027-04-01'],
    ['2026-04-01', 'P5Y', '2031-04-01'],
    ['2026-04-01', 'P1M', '2026-05-01'],
    ['2026-04-01', 'P1W', '2026-04-08'],
    ['2026-04-01', 'P7D', '2026-04-08'],
    ['2026-04-01', 'PT48H', '2026-04-03'],
    ['2026-04-01', 'P1Y2M1W3DT24H', '2027-06-12'],
    ['2026-01-31', 'P1M', '2026-02-28'],
    ['2028-01-31', 'P1M', '2028-02-29'],
    ['2028-02-29', 'P1Y', '2029-02-28'],
  ])('from %s over %s ends on %s', (anchor, term, end) => {
    expect(addTerm(at(anchor), term)).toBe(at(end));
  });

  it('is counted from its anchor, so a short month does not shorten the ones after it', () => {
    const ends = [1, 2, 3, 13].map((count) => addTerm(at('2026-01-31'), 'P1M', count));
    expect(ends).toEqual(['2026-02-28', '2026-03-31', '2026-04-30', '2027-02-28'].map(at));
  });

  it('keeps the time of day to the millisecond', () => {
    expect(addTerm('2026-12-31T23:59:59.999Z', 'P1M')).toBe('2027-01-31T23:59:59.999Z');
  });

  it('of some minutes is not one of some months', () => {
    expect(addTerm('2026-01-01T00:00:00.000Z', 'PT1M')).toBe('2026-01-01T00:01:00.000Z');
  });

  it('may have hours, minutes and seconds', () => {
    expect(addTerm('2026-01-01T00:00:00.000Z', 'PT1H1M1S')).toBe('2026-01-01T01:01:01.000Z');
  });

  it('that is no duration is a mistake of the program', () => {
    expect(() => addTerm('2026-01-01T00:00:00.000Z', 'one year')).toThrow(RangeError);
  });

  it('of months ends on the anchor’s day, or on the last day of a shorter month', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 1, max: 600 }), (anchor, months) => {
        const [start, end] = [new Date(anchor), new Date(addTerm(anchor, `P1M`, months))];
        const monthsApart = (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
        const lastDay = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
        return monthsApart === months && end.getUTCDate() === Math.min(start.getUTCDate(), lastDay);
      }),
    );
  });

  it('of years is twelve times as many months', () => {
    fc.assert(
      fc.property(
        anchors,
        fc.integer({ min: 1, max: 50 }),
        (anchor, years) => addTerm(anchor, `P${years}Y`) === addTerm(anchor, 'P12M', years),
      ),
    );
  });

  it('of days, hours or seconds is so much by the clock', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 1, max: 3_000 }), (anchor, days) => {
        const end = Date.parse(anchor) + days * 86_400_000;
        return Date.parse(addTerm(anchor, `P${days}D`)) === end && Date.parse(addTerm(anchor, `PT${days * 24}H`)) === end;
      }),
    );
  });

  it('that begins later never ends earlier', () => {
    const terms = fc.constantFrom('P1M', 'P1Y', 'P5Y', 'P1M15D', 'PT48H');
    fc.assert(
      fc.property(anchors, anchors, terms, (one, other, term) => {
        const [early, late] = [one, other].sort();
        return addTerm(early!, term) <= addTerm(late!, term) && addTerm(early!, term) > early!;
      }),
    );
  });
});

describe('A duration', () => {
  it.each(['', 'P', 'PT', 'P1YT', '1Y', 'P-1Y', 'P1.5Y', 'P1S', 'P1D1M', 'p1y', 'P1Y ', 'P0D', 'PT0S', 'P1H', 'one year', 'P0000001Y'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('is at most a hundred years', () => {
    expect([parseDuration('P100Y'), parseDuration('P101Y'), parseDuration('P36525D'), parseDuration('P36526D')]).toEqual([
      { months: 1_200, milliseconds: 0 },
      undefined,
      { months: 0, milliseconds: 36_525 * 86_400_000 },
      undefined,
    ]);
  });
});

describe('A time from outside', () => {
  it('is the same moment in UTC with milliseconds, whatever its offset', () => {
    expect(toInstant('2026-04-01T09:00:00+09:00')).toBe('2026-04-01T00:00:00.000Z');
  });

  it('that cannot be read is none', () => {
    expect(toInstant('yesterday')).toBeUndefined();
  });
});
