import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { calicoExpected, wholeMessages } from '../../../src/engine/words/calico-syntax.ts';
import { isSelectorWord } from '../../../src/engine/words/selector.ts';
import { hasWords } from '../../../src/engine/words/syntax.ts';

const dialects = resolve(import.meta.dirname, '../../../src/engine/dialects');

/** Short codes that stand in quotes next to reasons, and are none. */
const others = /^(?:bad-(?:type|selector|cidr|port|protocol|name)|unknown-field|pre-dnat|ingress|egress)$/;

/** The reasons that the readers of all dialects give, as they stand in the source. */
async function reasonsInSource(): Promise<readonly string[]> {
  const files = (await readdir(dialects, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(
    files
      .filter((file) => !/selector\/|calico\/(?:accounts|generated|felix-configuration)[.]ts/.test(file))
      .map((file) => readFile(join(dialects, file), 'utf8')),
  );
  const quoted = texts.flatMap((text) => [...text.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map(([, code = '']) => code));
  return [...new Set(quoted)].filter((code) => !others.test(code));
}

describe('the words for what cannot be read', () => {
  it('are there for every reason that a dialect gives', async () => {
    const reasons = await reasonsInSource();
    expect(reasons.length).toBeGreaterThan(60);
    expect(reasons.filter((reason) => !hasWords(reason))).toEqual([]);
  });

  it('are there for the reasons that are put together or come from the readers of texts', () => {
    const reasons = [
      ...['default', 'kube-admin', 'kube-baseline'].flatMap((tier) => [`order-of-${tier}`, `action-of-${tier}`]),
      ...['unexpected', 'unterminated-string', 'line-break', 'label-too-long', 'too-deep'].map(
        (one) => `selector-${one}`,
      ),
      ...['not-a-string', 'empty', 'no-prefix', 'bad-prefix', 'zone', 'leading-zero', 'bad-address'],
      ...['list', 'object', 'number', 'boolean', 'action', 'twice', 'subdomain', 'label'],
    ];
    expect(reasons.filter((reason) => !hasWords(reason))).toEqual([]);
  });

  it('are there for every slip and every word of a selector that can be expected', async () => {
    const [slips, parser] = await Promise.all(
      ['slips.ts', 'parse.ts'].map((file) => readFile(join(dialects, 'calico/selector', file), 'utf8')),
    );
    const union = (text: string, type: string) =>
      [...(new RegExp(`type ${type} =([^;]*);`).exec(text)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
        ([, one = '']) => one,
      );
    const codes = union(slips ?? '', 'SlipCode');
    expect(codes.length).toBeGreaterThan(12);
    expect(codes.filter((code) => !isSelectorWord(code))).toEqual([]);
    const words = union(parser ?? '', 'Expected').filter((one) => /^[a-z]{3,}$/.test(one) && one !== 'with');
    expect(words.filter((one) => !isSelectorWord(one))).toEqual([]);
  });

  it('are in both languages', () => {
    for (const [en, ja] of [...Object.values(calicoExpected), ...Object.values(wholeMessages)]) {
      expect(en).toMatch(/^[ -~]+$/);
      expect(ja).toMatch(/[ぁ-んァ-ヶ一-龠]/);
      expect(en).not.toMatch(/\.$/);
      expect(ja).not.toMatch(/。$/);
      expect(en.includes('{}')).toBe(ja.includes('{}'));
    }
  });
});
