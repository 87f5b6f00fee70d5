import { describe, expect, it } from 'vitest';
import type { FieldPath } from '../../../src/engine/json/path.ts';
import type { Change } from '../../../src/engine/model/change.ts';
import { denialText, renderResponse } from '../../../src/engine/render/admission.ts';
import type { JudgedFinding, Verdict } from '../../../src/engine/verdict/verdict.ts';
import type { Language } from '../../../src/engine/words/language.ts';

const languages: readonly Language[] = ['en', 'ja'];

function change(name = 'web', namespace = 'shop'): Change {
  const ref = { group: 'networking.k8s.io', version: 'v1', kind: 'NetworkPolicy', name, namespace };
  const object = { metadata: { name, namespace }, spec: { podSelector: {} } };
  return { operation: 'CREATE', ref, object, oldObject: undefined, user: undefined } as unknown as Change;
}

function finding(message: string, effect: 'deny' | 'warn', more: Partial<JudgedFinding> = {}): JudgedFinding {
  return {
    guardrail: 'forbid-broad-peers',
    key: 'too-many-addresses',
    path: ['spec', 'podSelector'] satisfies FieldPath,
    fix: null,
    effect,
    say: () => ({ message, why: 'Because.' }),
    ...more,
  } as unknown as JudgedFinding;
}

const expired = { exemption: 'migration-of-the-shop', on: '2026-03-31' };
const tag = '[forbid-broad-peers/too-many-addresses]';

function warnings(...findings: readonly JudgedFinding[]): string[] {
  const verdict = { allowed: true, findings, notChecked: [], exemptions: [] } as unknown as Verdict;
  return JSON.parse(renderResponse('1', change(), verdict, 'hash', 'en')).response.warnings;
}

function lines(one: JudgedFinding, of = change(), language: Language = 'en'): string[] {
  return denialText(of, [one], language).split('\n');
}

describe('the first line of a denial', () => {
  it('holds message, key and place where they fit', () => {
    expect(lines(finding('short', 'deny'))[0]).toBe(`shop/web: short ${tag} (spec.podSelector = {})`);
  });

  it('leaves the place to the second line, then the key too', () => {
    expect(lines(finding('m'.repeat(100), 'deny')).slice(0, 2)).toEqual([
      `shop/web: ${'m'.repeat(100)} ${tag}`,
      '  spec.podSelector = {}',
    ]);
    expect(lines(finding('m'.repeat(140), 'deny', { expired })).slice(0, 2)).toEqual([
      `shop/web: ${'m'.repeat(140)}`,
      `  ${tag} spec.podSelector = {} (exemption migration-of-the-shop expired on 2026-03-31)`,
    ]);
  });

  it('is cut where the message alone is too long', () => {
    const [first = '', second] = lines(finding('m'.repeat(400), 'deny'));
    expect(first).toMatch(/m\.\.\.$/);
    expect([...first]).toHaveLength(160);
    expect(second).toBe(`  ${tag} spec.podSelector = {}`);
  });

  it.each(languages)('is never too long, whatever stands in it (%s)', (language) => {
    for (const message of ['', 'x'.repeat(5000), '\u202e'.repeat(300), '界'.repeat(300), '😀'.repeat(200)]) {
      for (const name of ['web', 'n'.repeat(253), '\u0000'.repeat(253)]) {
        const text = denialText(change(name), Array(5).fill(finding(message, 'deny', { expired })), language);
        expect([...(text.split('\n')[0] ?? '')].length).toBeLessThanOrEqual(160);
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(1024);
        expect(text).not.toMatch(/[^\P{C}\n]/u);
      }
    }
  });
});

describe('a warning', () => {
  it('ends with its place where that fits', () => {
    expect(warnings(finding('short', 'warn'))).toEqual([`shop/web: short ${tag} (spec.podSelector)`]);
    expect(warnings(finding('short', 'warn', { path: [] }))).toEqual([`shop/web: short ${tag}`]);
  });

  it('loses its place first, then the end of its message, and keeps its key', () => {
    expect(warnings(finding('m'.repeat(145), 'warn'))).toEqual([`shop/web: ${'m'.repeat(145)} ${tag}`]);
    const [cut = ''] = warnings(finding('m'.repeat(400), 'warn'));
    expect(cut).toMatch(/m\.\.\. \[forbid-broad-peers\/too-many-addresses\]$/);
    expect([...cut]).toHaveLength(200);
  });

  it('says that an exemption has run out as long as the message stays readable', () => {
    expect(warnings(finding('m'.repeat(60), 'warn', { expired }))[0]).toContain('expired on 2026-03-31) [');
    const long = { exemption: 'x'.repeat(100), on: '2026-03-31' };
    const [one = ''] = warnings(finding('m'.repeat(300), 'warn', { expired: long }));
    expect(one).not.toContain('expired');
    expect([...one]).toHaveLength(200);
  });
});
