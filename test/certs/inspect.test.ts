import { describe, expect, it } from 'vitest';
import { type Inspected, inspect } from '../../src/certs/inspect.ts';
import { issueCertificates } from '../../src/certs/issue.ts';

const now = Date.UTC(2026, 10, 1);
const day = 24 * 60 * 60 * 1000;
const hosts = ['sekisho.sekisho-system.svc', '192.0.2.1'];
const good = await issueCertificates({ hosts, now: new Date(now), caDays: 100, leafDays: 50 });
const other = await issueCertificates({ hosts: ['other'], now: new Date(now), caDays: 10, leafDays: 5 });

function keys(given: Partial<Inspected>, at = now): string[] {
  const whole = { chain: good.cert, key: good.key, bundle: good.ca, hosts, ...given };
  return inspect(whole, at).findings.map(({ key, severity }) => `${severity} ${key}`);
}

describe('a certificate', () => {
  it.each([
    ['good', {}, 0, []],
    ['without a key to be seen', { key: undefined }, 0, []],
    ['with more in the bundle', { bundle: `${other.ca}${good.ca}` }, 0, []],
    ['with the key of another', { key: other.key }, 0, ['error key-mismatch']],
    ['with a key that is none', { key: 'x' }, 0, ['error no-key']],
    ['that is none', { chain: 'x' }, 0, ['error no-certificate']],
    ['for another host', { hosts: ['sekisho.other.svc'] }, 0, ['error wrong-host']],
    ['for another address', { hosts: ['192.0.2.2'] }, 0, ['error wrong-host']],
    ['by an authority that is not in the bundle', { bundle: other.ca }, 0, ['error not-in-bundle']],
    ['with an empty bundle', { bundle: '' }, 0, ['error empty-bundle']],
    ['soon to expire', {}, 45 * day, ['warn expires-soon']],
    ['expired', {}, 51 * day, ['error expired']],
    ['expired, and its authority too', {}, 101 * day, ['error expired', 'error expired']],
    ['not valid yet', { bundle: undefined }, -day, ['error not-yet-valid']],
  ])('%s', (_name, given, after, expected) => {
    expect(keys(given, now + after)).toEqual(expected);
  });
});
