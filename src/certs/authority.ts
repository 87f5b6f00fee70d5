import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { asInteger, asList, asString, dig, field } from '../engine/json/read.ts';
import { validityFrom } from './amend.ts';
import { issueAuthority } from './issue.ts';
import type { Authority, AuthoritySet, Retired, Times } from './plan.ts';

/** An authority of ours. Without a key it can be published, and signs no more. */
export interface OurAuthority extends Authority {
  readonly cert: string;
  readonly key: string | undefined;
}

/** What the names of our authorities begin with. */
const namePrefix = 'Sekisho CA ';

const formatVersion = 1;
const largestText = 256 * 1024;

/** A new authority, each with a name of its own: who looks for the issuer of a certificate finds one, not several. */
export async function newAuthority(now: number, times: Times): Promise<OurAuthority> {
  const suffix = Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString('hex');
  const name = `${namePrefix}${new Date(now).toISOString().slice(0, 10)} ${suffix}`;
  const issued = await issueAuthority(name, validityFrom(now, times.authorityLife, times));
  const made = readAuthority(issued.cert, issued.key);
  if (made === undefined) throw new Error('a new authority cannot be read back');
  return made;
}

/** Reads one PEM certificate; undefined where it is no authority of ours. A key that does not fit is left out. */
export function readAuthority(cert: string, key?: string): OurAuthority | undefined {
  try {
    const read = new X509Certificate(cert);
    if (!read.subject.startsWith(`CN=${namePrefix}`) || !read.ca || !read.verify(read.publicKey)) return undefined;
    return {
      id: createHash('sha256').update(read.raw).digest('hex'),
      notBefore: read.validFromDate.getTime(),
      notAfter: read.validToDate.getTime(),
      cert: `${read.toString().trim()}\n`,
      key: key !== undefined && signsFor(read, key) ? key : undefined,
    };
  } catch {
    return undefined;
  }
}

function signsFor(authority: X509Certificate, pem: string): boolean {
  try {
    const key = createPrivateKey(pem);
    // The form that signing reads; another one would fail only when it is needed.
    const ours = key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && /BEGIN PRIVATE KEY/.test(pem);
    return ours && authority.checkPrivateKey(key);
  } catch {
    return false;
  }
}

/** What a text of the Secret says, and in one sentence what of it could not be used. */
export interface ReadAuthorities {
  readonly set: AuthoritySet<OurAuthority>;
  /** Never holds a key, or any other part of the text. */
  readonly problem: string | undefined;
}

const nothing: AuthoritySet<OurAuthority> = { current: undefined, next: undefined, previous: [] };

/** Reads what `writeAuthorities` wrote. Anything else is read as far as it makes sense, and never throws. */
export function readAuthorities(text: string): ReadAuthorities {
  const unusable = (problem: string): ReadAuthorities => ({ set: nothing, problem });
  if (text.length > largestText) return unusable('it is larger than 256 KiB');
  const parsed = attempt((): unknown => JSON.parse(text));
  if (parsed === undefined) return unusable('it is no JSON');
  if (asInteger(field(parsed, 'version')) !== formatVersion) return unusable(`its version is not ${formatVersion}`);
  const current = entry(field(parsed, 'current'));
  const next = entry(field(parsed, 'next'));
  const previous = (asList(field(parsed, 'previous')) ?? []).map((one) => ({
    authority: entry(one),
    until: asInteger(field(one, 'until')),
  }));
  const retired = previous.flatMap(({ authority, until }): Retired<OurAuthority>[] =>
    authority === undefined || until === undefined ? [] : [{ authority: { ...authority, key: undefined }, until }],
  );
  const set = {
    // One whose key is lost signs no more, but what it has signed may be in use.
    current: current?.key === undefined ? undefined : current,
    next: next?.key === undefined ? undefined : next,
    previous: retired,
  };
  const broken = [
    set.current === undefined ? 'its current authority' : undefined,
    set.next === undefined && field(parsed, 'next') !== undefined ? 'its next authority' : undefined,
    retired.length < previous.length ? 'a previous authority' : undefined,
  ].filter((one) => one !== undefined);
  return { set, problem: broken.length === 0 ? undefined : `${broken.join(' and ')} cannot be used` };
}

function entry(value: unknown): OurAuthority | undefined {
  const cert = asString(dig(value, 'cert'));
  return cert === undefined ? undefined : readAuthority(cert, asString(dig(value, 'key')));
}

export function writeAuthorities({ current, next, previous }: AuthoritySet<OurAuthority>): string {
  const pair = (one: OurAuthority | undefined) => (one === undefined ? undefined : { cert: one.cert, key: one.key });
  const retired = previous.map(({ authority, until }) => ({ cert: authority.cert, until }));
  const written = { version: formatVersion, current: pair(current), next: pair(next), previous: retired };
  return `${JSON.stringify(written, undefined, 2)}\n`;
}

/** The certificates of all authorities, one below the other, for people and for other tools. */
export function publicPart({ current, next, previous }: AuthoritySet<OurAuthority>): string {
  return [current, next, ...previous.map((one) => one.authority)].map((one) => one?.cert ?? '').join('');
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
