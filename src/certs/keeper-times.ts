import type { Times } from './plan.ts';

/** Milliseconds. */
export interface KeeperTimes extends Times {
  /** How often the Secret and the configuration are looked at. */
  readonly poll: number;
}

const second = 1000;
const day = 24 * 60 * 60 * second;

export const usualTimes: KeeperTimes = {
  leafLife: 7 * day,
  authorityLife: 365 * day,
  settle: 10 * 60 * second,
  skew: 60 * 60 * second,
  poll: 5 * second,
};

const names = { leaf: 'leafLife', authority: 'authorityLife', settle: 'settle', skew: 'skew', poll: 'poll' } as const;

/**
 * Reads other times than the usual ones, such as `leaf=60s,authority=300s,settle=5s,skew=1s,poll=1s`: for tests, which
 * cannot wait for a year. What is not named keeps its value.
 *
 * @returns the times, or one sentence about what cannot be read
 */
export function readTimes(text: string): KeeperTimes | string {
  const times: { -readonly [name in keyof KeeperTimes]: number } = { ...usualTimes };
  for (const part of text.split(',')) {
    const [, name = '', number = '', unit = ''] = /^([a-z]+)=(\d{1,9})(ms|s|m|h|d)$/.exec(part.trim()) ?? [];
    if (!isName(name)) {
      return `${JSON.stringify(part)} is no time: write ${Object.keys(names).join(', ')} with a number and ms, s, m, h or d, such as leaf=7d`;
    }
    times[names[name]] = Number(number) * (units.get(unit) ?? 0);
  }
  if (times.poll < 50) return 'poll must be at least 50ms';
  if (times.leafLife < 4 * times.skew || times.authorityLife < 3 * times.leafLife) {
    return 'a certificate must live four times the skew, and an authority three times a certificate';
  }
  return times;
}

const units = new Map([
  ['ms', 1],
  ['s', second],
  ['m', 60 * second],
  ['h', 60 * 60 * second],
  ['d', day],
]);

function isName(name: string): name is keyof typeof names {
  return Object.hasOwn(names, name);
}
