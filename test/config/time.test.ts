import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfDay, formatDate, readMoment } from '../../src/config/time.ts';

describe('readMoment', () => {
  it('takes a date for the whole day in UTC', () => {
    expect(readMoment('2027-03-31')).toEqual({
      first: Date.UTC(2027, 2, 31),
      last: Date.UTC(2027, 3, 1) - 1,
    });
  });

  it.each([
    ['2027-03-31T12:30:00Z', Date.UTC(2027, 2, 31, 12, 30)],
    ['2027-03-31t12:30:00z', Date.UTC(2027, 2, 31, 12, 30)],
    ['2027-03-31T12:30:00.250+09:00', Date.UTC(2027, 2, 31, 3, 30, 0, 250)],
    ['2024-02-29T00:00:00-00:30', Date.UTC(2024, 1, 29, 0, 30)],
  ])('reads the time %s', (text, at) => {
    expect(readMoment(text)).toEqual({ first: at, last: at });
  });

  it.each([
    '',
    'tomorrow',
    '2027-2-3',
    '2027-02-30',
    '2027-02-30T00:00:00Z',
    '2023-02-29',
    '2027-13-01',
    '2027-03-31T12:30:00',
    '2027-03-31 12:30:00Z',
    '2027-03-31T24:00:00Z',
    '2027-03-31T12:60:00Z',
    '20270331',
    '+002027-03-31',
    '2027-03-31T12:30:00Z\n',
  ])('refuses %j', (text) => {
    expect(readMoment(text)).toBeUndefined();
  });

  it('never throws, and a date comes back as it was', () => {
    fc.assert(fc.property(fc.string(), (text) => void readMoment(text)));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (at) => {
        const moment = readMoment(formatDate(at));
        expect(moment?.last).toBe(endOfDay(at));
        expect(moment !== undefined && moment.first <= at && at <= moment.last).toBe(true);
      }),
    );
  });
});
