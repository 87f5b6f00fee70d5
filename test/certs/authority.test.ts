import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  newAuthority,
  publicPart,
  readAuthorities,
  readAuthority,
  writeAuthorities,
} from '../../src/certs/authority.ts';
import { readBundle, writeBundle } from '../../src/certs/bundle.ts';
import { issueAuthority, issueLeaf } from '../../src/certs/issue.ts';
import { readTimes, usualTimes } from '../../src/certs/keeper-times.ts';

const now = Date.UTC(2026, 10, 1);
const [one, two, three] = await Promise.all([1, 2, 3].map(() => newAuthority(now, usualTimes)));
if (one === undefined || two === undefined || three === undefined) throw new Error('unreachable');
const other = await issueAuthority('Somebody Else', { from: now - 1000, to: now + 1_000_000 });

describe('the text of the Secret', () => {
  it('is read as it was written, and previous authorities lose their keys', () => {
    const set = { current: one, next: two, previous: [{ authority: three, until: now }] };
    const text = writeAuthorities(set);
    expect(readAuthorities(text)).toEqual({
      set: { ...set, previous: [{ authority: { ...three, key: undefined }, until: now }] },
      problem: undefined,
    });
    expect(text.match(/PRIVATE KEY/g)).toHaveLength(4);
    expect(publicPart(set)).toBe(`${one.cert}${two.cert}${three.cert}`);
  });

  it.each([
    ['nothing', '', 'it is no JSON'],
    ['half of it', writeAuthorities({ current: one, next: undefined, previous: [] }).slice(0, 300), 'it is no JSON'],
    ['another version', '{"version":2}', 'its version is not 1'],
    ['a list', '[]', 'its version is not 1'],
    ['an authority of somebody else', JSON.stringify({ version: 1, current: other }), 'its current authority'],
    ['a wrong key', JSON.stringify({ version: 1, current: { cert: one.cert, key: two.key } }), 'its current authority'],
    ['a huge text', ' '.repeat(300 * 1024), 'larger than 256 KiB'],
  ])('is unusable where it is %s', (_name, text, problem) => {
    const read = readAuthorities(text);
    expect(read.set).toEqual({ current: undefined, next: undefined, previous: [] });
    expect(read.problem).toContain(problem);
  });

  it('keeps what is good beside what is broken', () => {
    const text = JSON.stringify({ version: 1, current: one, next: { cert: 'x' }, previous: [{ cert: two.cert }] });
    expect(readAuthorities(text)).toEqual({
      set: { current: one, next: undefined, previous: [] },
      problem: 'its next authority and a previous authority cannot be used',
    });
  });

  it('never throws, and never tells of a key', () => {
    const text = writeAuthorities({ current: one, next: undefined, previous: [] });
    const cut = fc
      .tuple(fc.nat(text.length), fc.string())
      .map(([at, more]) => text.slice(0, at) + more + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), cut), (given) => {
        expect(readAuthorities(given).problem ?? '').not.toMatch(/BEGIN|[A-Za-z0-9+/]{40}/);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a bundle', () => {
  it('tells ours from those of others and from rubbish', () => {
    const read = readBundle(`# hello\n${one.cert}${other.cert}`);
    expect(read.ours.map(({ id }) => id)).toEqual([one.id]);
    expect(read.others).toEqual([{ cert: other.cert.trim(), notAfter: now + 1_000_000 }]);
    expect(read.rubbish).toBe(true);
    expect(readBundle(`${one.cert}\n`).rubbish).toBe(false);
    expect(readBundle('').rubbish).toBe(false);
  });

  it('keeps those of others until they expire', () => {
    const read = readBundle(other.cert);
    expect(writeBundle([one], read, now)).toBe(`${one.cert}${other.cert}`);
    expect(writeBundle([one], read, now + 2_000_000)).toBe(one.cert);
  });
});

describe('a leaf', () => {
  it('is signed by the authority of the Secret, for all names, and valid for clocks that are behind', async () => {
    const hosts = ['sekisho.sekisho-system.svc', '127.0.0.1'];
    const from = now - 3 * usualTimes.skew;
    const pair = await issueLeaf({ cert: one.cert, key: one.key ?? '' }, hosts, { from, to: now + 1000 });
    const leaf = new X509Certificate(pair.cert);
    const authority = new X509Certificate(one.cert);
    expect(leaf.checkIssued(authority) && leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.checkHost('sekisho.sekisho-system.svc')).toBeDefined();
    expect(leaf.checkIP('127.0.0.1')).toBeDefined();
    expect(leaf.ca).toBe(false);
    expect(one.notBefore).toBe(from);
    expect(readAuthority(pair.cert)).toBeUndefined();
  });
});

describe('other times', () => {
  it.each([
    ['leaf=1h,skew=1m', { leafLife: 3_600_000, skew: 60_000 }],
    ['poll=100ms', { poll: 100 }],
  ])('%s', (text, expected) => {
    expect(readTimes(text)).toEqual({ ...usualTimes, ...expected });
  });

  it.each(['', 'leaf', 'leaf=1', 'constructor=1s', 'leaf=1h', 'poll=1ms', 'authority=8d'])('%j is none', (text) => {
    expect(readTimes(text)).toBeTypeOf('string');
  });
});
