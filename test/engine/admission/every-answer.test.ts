import { describe, expect, it } from 'vitest';
import { answerReview } from '../../../src/engine/admission/answer.ts';
import { isObject } from '../../../src/engine/json/read.ts';
import type { Language } from '../../../src/engine/words/language.ts';
import { readCases } from '../../support/case-file.ts';
import { type CaseReview, reviewOf, reviewsOf } from '../../support/case-reviews.ts';
import { languages } from '../../support/case-run.ts';

/** What holds of every answer, shown of the answers to all the cases that there are. */
const cases = await readCases();

interface Answer {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: {
      readonly code: number;
      readonly reason: string;
      readonly status: string;
      readonly message: string;
      readonly details: { readonly causes: readonly { reason: string; message: string; field: string }[] };
    };
    readonly warnings?: readonly string[];
    readonly auditAnnotations: Readonly<Record<string, string>>;
  };
}

const uid = '705ab4f5-6393-11e8-b7cc-42010a800002';

function bytesOf(review: CaseReview, language: Language, id = uid, now = review.now): string {
  const { change, world, set } = review;
  const answer = answerReview(reviewOf(change, id), { world, set, language }, now);
  if (answer.kind !== 'answered') throw new Error(`${review.what}: ${answer.message}`);
  return answer.body;
}

interface Answered {
  readonly what: string;
  readonly bytes: string;
  readonly answer: Answer;
}

const answered = (reviews: readonly CaseReview[]): readonly Answered[] =>
  reviews.flatMap((review) =>
    languages.map((language) => {
      const bytes = bytesOf(review, language);
      return { what: `${review.what} (${language})`, bytes, answer: JSON.parse(bytes) as Answer };
    }),
  );

const faults = (all: readonly Answered[], faultsOf: (answer: Answer, bytes: string) => readonly string[]): string[] =>
  all.flatMap(({ what, answer, bytes }) => faultsOf(answer, bytes).map((fault) => `${what}: ${fault}`));

const refusals = (all: readonly Answered[]) => all.filter(({ answer }) => !answer.response.allowed).length;

const reviews = cases.flatMap((one) => reviewsOf(one));
const answers = answered(reviews);
const english = new Map(answers.flatMap(({ bytes }, index) => (index % 2 === 0 ? [[reviews[index / 2], bytes]] : [])));

describe('every answer', () => {
  it('is an AdmissionReview v1 with the uid of the request, and no patch', () => {
    expect(refusals(answers)).toBeGreaterThan(400);
    const wrong = faults(answers, ({ apiVersion, kind, response }) => {
      const known = ['uid', 'allowed', 'status', 'warnings', 'auditAnnotations'];
      const ok =
        apiVersion === 'admission.k8s.io/v1' &&
        kind === 'AdmissionReview' &&
        response.uid === uid &&
        typeof response.allowed === 'boolean' &&
        Object.keys(response).every((key) => known.includes(key));
      return ok ? [] : [JSON.stringify(response)];
    });
    expect(wrong).toEqual([]);
  });

  it('that refuses does so with 403 and Forbidden, and one that allows has no status', () => {
    const wrong = faults(answers, ({ response: { allowed, status } }) => {
      if (allowed) return status === undefined ? [] : ['a status without a refusal'];
      const { code, reason, status: outcome } = status ?? {};
      return code === 403 && reason === 'Forbidden' && outcome === 'Failure' ? [] : [`${code} ${reason} ${outcome}`];
    });
    expect(wrong).toEqual([]);
  });

  it('has a first line that is complete by itself, and fits in a kilobyte', () => {
    const wrong = faults(answers, ({ response: { status } }) => {
      if (status === undefined) return [];
      const [first = ''] = status.message.split('\n');
      const found: string[] = [];
      if (!/^\S.*: \S/.test(first)) found.push(`does not begin with the object and a message: ${first}`);
      if ([...first].length > 160) found.push(`first line of ${[...first].length} characters`);
      if (/[^\P{C}\n]/u.test(status.message)) found.push('a control character');
      if (new TextEncoder().encode(status.message).length > 1024) found.push('more than 1 KiB');
      return found;
    });
    expect(wrong).toEqual([]);
  });

  it('has warnings of one line each, which the API server neither drops nor cuts', () => {
    const wrong = faults(answers, ({ response: { warnings = [] } }) =>
      warnings.flatMap((one) => (/\p{C}/u.test(one) || [...one].length > 256 || one === '' ? [one] : [])),
    );
    expect(wrong).toEqual([]);
  });

  it('has audit annotations that the API server takes', () => {
    const wrong = faults(answers, ({ response: { auditAnnotations } }) =>
      Object.entries(auditAnnotations).flatMap(([key, value]) =>
        /^[a-z-]{1,40}$/.test(key) && /^[^\p{C}]{1,1024}$/u.test(value) ? [] : [`${key}: ${value}`],
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('tells all that it found: in words, or as a number with the command that shows the rest', () => {
    const wrong = faults(answers, ({ response: { status, warnings = [], auditAnnotations } }) => {
      if (status === undefined) return [];
      const { causes } = status.details;
      const shown = causes.filter(({ reason }) => status.message.includes(`[${reason}]`)).length;
      const told = (auditAnnotations['guardrails'] ?? '').split(',');
      const all = status.message + warnings.join('\n');
      const unsaid = told.filter((key) => !all.includes(key) && !/sekisho check FILE/.test(all));
      return causes.length === 0 || shown === 0 ? ['no finding is shown'] : unsaid;
    });
    expect(wrong).toEqual([]);
  });

  it('tells its findings in the order of their names', () => {
    const wrong = faults(answers, ({ response: { status } }) => {
      const names = status?.details.causes.map(({ reason }) => reason) ?? [];
      return JSON.stringify(names) === JSON.stringify(names.toSorted()) ? [] : [names.join()];
    });
    expect(wrong).toEqual([]);
  });

  it('has neither a time nor an id in it: another request of the second before gets the same bytes', () => {
    const other = 'fffab4f5-6393-11e8-b7cc-42010a80ffff';
    const wrong = reviews.filter(
      (one) => bytesOf(one, 'en', other, one.now - 1000).replace(other, uid) !== english.get(one),
    );
    expect(wrong.map(({ what }) => what)).toEqual([]);
  });

  it('does not hang on the order in which the World was learnt', () => {
    const turned = cases.flatMap((one) => reviewsOf(one, undefined, (objects) => objects.toReversed()));
    expect(turned.map(({ what }) => what)).toEqual(reviews.map(({ what }) => what));
    const wrong = turned.filter((one, index) => bytesOf(one, 'en') !== english.get(reviews[index]));
    expect(wrong.map(({ what }) => what)).toEqual([]);
  });
});

/** Flux and `kubectl --force` delete the live object when a refusal says this. */
const word = /immutable/i;

describe('the word that makes clients delete', () => {
  const changes: readonly (readonly [string, (text: string) => string])[] = [
    ['names and labels', (text) => `${text}-is-immutable`],
    ['names and labels that begin with it', (text) => `immutable-${text}`],
    ['values that cannot be read', (text) => `${text} is immutable`],
    ['values that are nothing else', () => 'Immutable field'],
    ['values with a line break', (text) => `${text} is\nIMMUTABLE`],
  ];

  it.each(changes)('leaves in no answer, with it in %s', (what, change) => {
    const plain = what.startsWith('names');
    const poisoned = answered(cases.flatMap((one) => reviewsOf(one, (object) => poison(object, change, plain))));
    expect(refusals(poisoned)).toBeGreaterThan(50);
    expect(faults(poisoned, (_answer, bytes) => (word.test(bytes) ? [bytes] : []))).toEqual([]);
  });

  it('leaves in no answer, with it in fields that nobody knows', () => {
    const poisoned = answered(cases.flatMap((one) => reviewsOf(one, widen)));
    expect(refusals(poisoned)).toBeGreaterThan(50);
    expect(faults(poisoned, (_answer, bytes) => (word.test(bytes) ? [bytes] : []))).toEqual([]);
  });
});

const labelMaps = new Set(['labels', 'matchLabels', 'annotations', 'selector', 'podSelector']);
const structural = new Set(['apiVersion', 'kind', 'operator', 'action', 'protocol']);
const named = new Set(['name', 'namespace', 'values', 'key', 'tier', 'names']);

/** The object with its texts changed: all of them, or those that name something. */
function poison(value: unknown, change: (text: string) => string, plain: boolean, key = ''): unknown {
  if (typeof value === 'string') {
    if (structural.has(key)) return value;
    if (!plain || named.has(key)) return change(value);
    // The values in a selector of Calico.
    return value.replace(/'([^']*)'/g, (_all, inner: string) => `'${change(inner)}'`);
  }
  if (Array.isArray(value)) return value.map((one) => poison(one, change, plain, key));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) =>
      labelMaps.has(key) && typeof one === 'string'
        ? [plain ? change(name) : name, change(one)]
        : [name, poison(one, change, plain, name)],
    ),
  );
}

function widen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(widen);
  if (!isObject(value)) return value;
  const all = Object.entries(value).map(([name, one]) => [name, name === 'metadata' ? one : widen(one)]);
  return { ...Object.fromEntries(all), immutable: 'is immutable' };
}
