import { describe, expect, it } from 'vitest';
import { type ConfigFile, type LoadOptions, loadConfiguration } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { matchesBox } from '../../src/engine/sets/labels.ts';
import { registry } from './fake-registry.ts';

const now = Date.UTC(2026, 10, 21, 12);

/** An Exemption; its spec begins on line 5. */
function exemption(changes: { [key: string]: string | undefined } = {}, name = 'until-march', metadata = ''): string {
  const fields = { guardrails: '[forbid-doors]', owner: 'me', reason: 'because', expires: '2027-03-31', ...changes };
  const lines = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`  ${key}: ${value}\n`]));
  return `apiVersion: sekisho.dev/v1alpha1\nkind: Exemption\nmetadata: { name: ${name}${metadata} }\nspec:\n${lines.join('')}`;
}

const custom = `---
apiVersion: sekisho.dev/v1alpha1
kind: GuardrailSet
spec:
  exemptions: { maxDays: 10 }
  custom: [{ name: order-band, message: { en: stop }, path: $.spec.order, condition: { atLeast: 1000 } }]
`;

function load(text: string | readonly ConfigFile[], options: Partial<LoadOptions> = {}) {
  const files = typeof text === 'string' ? [{ file: 'e.yaml', text }] : text;
  return loadConfiguration(files, { registry, now, ...options });
}

function problems(text: string, options: Partial<LoadOptions> = {}): string[] {
  const result = load(text, options);
  return result.ok ? [] : result.problems.map(formatProblem);
}

function only(text: string) {
  const result = load(text);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  const [first] = result.set.exemptions;
  if (first === undefined) throw new Error('no exemption was read');
  return first;
}

describe('what an exemption says', () => {
  it('is read whole', () => {
    const read = only(
      exemption({
        guardrails: '[forbid-doors/wide, keep-paths]',
        objects:
          '[{ kinds: [NetworkPolicy], namespaces: { names: [payments] }, names: [legacy-*], labels: { a: b } }, { names: [x] }]',
        notBefore: '2026-12-01',
      }),
    );
    expect(read).toMatchObject({
      name: 'until-march',
      guardrails: ['forbid-doors/wide', 'keep-paths'],
      owner: 'me',
      reason: 'because',
      notBefore: Date.UTC(2026, 11, 1),
      expires: Date.UTC(2027, 3, 1) - 1,
    });
    expect(read.objects.map(({ kinds, names, namespaces }) => [kinds, names, namespaces?.names])).toEqual([
      [['NetworkPolicy'], ['legacy-*'], ['payments']],
      [[], ['x'], undefined],
    ]);
    const labels = read.objects[0]?.labels;
    expect(labels && matchesBox(labels, new Map([['a', 'b']]))).toBe(true);
    expect(labels && matchesBox(labels, new Map())).toBe(false);
  });

  it('speaks of any object, from the beginning, where it says no more', () => {
    expect(only(exemption())).toMatchObject({ objects: [], notBefore: 0 });
  });

  it('may end at a time of day', () => {
    expect(only(exemption({ expires: '2027-03-31T18:00:00+09:00' })).expires).toBe(Date.UTC(2027, 2, 31, 9));
  });
});

describe('what is refused', () => {
  it.each([
    [{ owner: undefined }, 'e.yaml:4:1: spec.owner: `owner` is missing'],
    [{ reason: undefined }, 'e.yaml:4:1: spec.reason: `reason` is missing'],
    [{ expires: undefined }, 'e.yaml:4:1: spec.expires: `expires` is missing'],
    [{ guardrails: undefined }, 'e.yaml:4:1: spec.guardrails: `guardrails` is missing'],
    [{ owner: '""' }, 'e.yaml:6:3: spec.owner: the text must not be empty'],
    [{ reason: '"  "' }, 'e.yaml:7:3: spec.reason: the text must not be empty'],
    [{ guardrails: '[]' }, 'e.yaml:5:3: spec.guardrails: the list must not be empty'],
    [
      { guardrails: '[forbid-door]' },
      'e.yaml:5:16: spec.guardrails[0]: unknown guardrail `forbid-door`; did you mean `forbid-doors`?',
    ],
    [
      { guardrails: '[keep-paths, forbid-doors/wied]' },
      'e.yaml:5:28: spec.guardrails[1]: unknown finding key `forbid-doors/wied`; did you mean `forbid-doors/wide`?',
    ],
    [{ guardrails: '[custom/order-band]' }, 'e.yaml:5:16: spec.guardrails[0]: unknown custom rule `order-band`'],
    [
      { guardrails: '[colours]' },
      'e.yaml:5:16: spec.guardrails[0]: unknown guardrail `colours`; known here: `forbid-doors`, `keep-paths`',
    ],
    [
      { expires: 'soon' },
      'e.yaml:8:3: spec.expires: expected a date such as 2027-03-31 or an RFC 3339 time, found the text "soon"',
    ],
    [
      { expires: '2027-02-30' },
      'e.yaml:8:3: spec.expires: expected a date such as 2027-03-31 or an RFC 3339 time, found the text "2027-02-30"',
    ],
    [{ expires: '2027' }, 'e.yaml:8:3: spec.expires: expected a text, found the number 2027; put it in quotes'],
    [
      { until: '2027-01-01' },
      'e.yaml:9:3: spec.until: unknown key `until`; known here: `guardrails`, `objects`, `owner`, `reason`, `expires`, `notBefore`',
    ],
    [{ objects: '[]' }, 'e.yaml:9:3: spec.objects: the list must not be empty'],
    [
      { objects: '[{}]' },
      'e.yaml:9:13: spec.objects[0]: an empty selection would be everything; give `names`, `labels` or `selector`, or leave the key out',
    ],
    [
      { objects: '[{ kinds: [NetworkPolicie] }]' },
      'e.yaml:9:23: spec.objects[0].kinds[0]: unknown kind `NetworkPolicie`; did you mean `NetworkPolicy`?',
    ],
    [
      { objects: '[{ names: [Web] }]' },
      'e.yaml:9:23: spec.objects[0].names[0]: expected a name of lower-case letters, digits, "-" and ".", found the text "Web"',
    ],
  ])('%j', (changes, expected) => {
    expect(problems(exemption(changes))).toEqual([expected]);
  });

  it('names both places of one name', () => {
    expect(problems(`${exemption()}---\n${exemption({ guardrails: '[keep-paths]' })}`)).toEqual([
      'e.yaml:12:13: metadata.name: the name `until-march` is taken already, at e.yaml:1:1',
    ]);
  });

  it('keeps the word that deletes objects out of names', () => {
    expect(problems(exemption({}, 'immutable-things'))).toEqual([
      expect.stringContaining('e.yaml:3:13: metadata.name: the word "immutable"'),
    ]);
    expect(problems(exemption({}, '""'))).toEqual([expect.stringContaining('expected a name of lower-case letters')]);
  });
});

describe('how long it lasts', () => {
  it.each([
    ['2027-05-20', undefined, '', true],
    ['2027-05-21', undefined, '', false],
    ['2027-05-20T23:59:59Z', undefined, '', true],
    ['2027-05-21T00:00:00Z', undefined, '', false],
    ['2027-05-30', '2026-12-01', '', true],
    ['2027-05-31', '2026-12-01', '', false],
    ['2026-06-30', undefined, ', creationTimestamp: "2026-01-01T08:00:00Z"', true],
    ['2026-07-01', undefined, ', creationTimestamp: "2026-01-01T08:00:00Z"', false],
    ['2027-05-30', '2026-12-01', ', creationTimestamp: "2026-01-01T08:00:00Z"', true],
  ])('until %s, from %s%s: %s', (expires, notBefore, metadata, allowed) => {
    expect(problems(exemption({ expires, notBefore }, 'e', metadata)).length === 0).toBe(allowed);
  });

  it('says the latest date that would do', () => {
    expect(problems(exemption({ expires: '2030-01-01' }))).toEqual([
      'e.yaml:8:3: spec.expires: an exemption lasts at most 180 days; the latest date here is 2027-05-20',
    ]);
    expect(problems(exemption({ expires: '2027-05-20' }))).toEqual([]);
  });

  it('takes the limit of the GuardrailSet, wherever that stands', () => {
    expect(problems(exemption({ expires: '2026-12-02' }) + custom)).toEqual([
      'e.yaml:8:3: spec.expires: an exemption lasts at most 10 days; the latest date here is 2026-12-01',
    ]);
    expect(problems(exemption({ expires: '2026-12-01' }) + custom)).toEqual([]);
  });

  it('ends after it begins', () => {
    expect(problems(exemption({ notBefore: '2027-04-01' }))).toEqual([
      'e.yaml:8:3: spec.expires: `expires` lies before `notBefore`',
    ]);
    expect(problems(exemption({ notBefore: '2027-03-31' }))).toEqual([]);
  });

  it('may have run out: it is kept, and warned of', () => {
    const result = load(exemption({ expires: '2026-11-20' }));
    expect(result.ok && result.set.exemptions).toHaveLength(1);
    expect(result.ok ? result.warnings.map(formatProblem) : []).toEqual([
      'e.yaml:8:3: spec.expires: exemption until-march expired on 2026-11-20 and exempts nothing',
    ]);
    expect(load(exemption({ expires: '2026-11-21' }))).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('custom rules', () => {
  it('are known by name, wherever the GuardrailSet stands', () => {
    const soon = '2026-11-30';
    expect(
      problems(exemption({ guardrails: '[custom/order-band, custom/order-band/violated]', expires: soon }) + custom),
    ).toEqual([]);
    expect(problems(exemption({ guardrails: '[custom/order-bend]', expires: soon }) + custom)).toEqual([
      'e.yaml:5:16: spec.guardrails[0]: unknown custom rule `order-bend`; did you mean `order-band`?',
    ]);
  });

  it('are known even while the GuardrailSet has a fault elsewhere', () => {
    const broken = custom.replace('maxDays: 10', 'maxDays: ten');
    expect(problems(exemption({ guardrails: '[custom/order-band]' }) + broken)).toEqual([
      'e.yaml:13:17: spec.exemptions.maxDays: expected a whole number, found the text "ten"',
    ]);
  });
});

it('reads ten thousand exemptions in one go', () => {
  const spec = { guardrails: ['forbid-doors/wide'], owner: 'me', reason: 'because', expires: '2027-03-31' };
  const text = Array.from({ length: 10_000 }, (_, index) =>
    JSON.stringify({ apiVersion: 'sekisho.dev/v1alpha1', kind: 'Exemption', metadata: { name: `e-${index}` }, spec }),
  ).join('\n');
  const result = load(text);
  expect(result.ok && result.set.exemptions).toHaveLength(10_000);
});
