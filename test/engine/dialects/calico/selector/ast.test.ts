import { describe, expect, it } from 'vitest';
import {
  mentionsGlobal,
  prefixKeys,
  replaceAll,
  replaceAllInText,
} from '../../../../../src/engine/dialects/calico/selector/ast.ts';
import { printSelector } from '../../../../../src/engine/dialects/calico/selector/print.ts';
import { read } from './random.ts';

describe('prefixKeys', () => {
  it('puts the prefix before every key, and nowhere else', () => {
    const tree = read('!has(a) && (b == "a" || c in {"a"}) && d contains "a" && all() && global()');
    expect(printSelector(prefixKeys(tree, 'pcns.'))).toBe(
      '(!has(pcns.a) && (pcns.b == "a" || pcns.c in {"a"}) && pcns.d contains "a" && all() && global())',
    );
  });
});

describe('replaceAll', () => {
  it('replaces each all(), however deep', () => {
    const tree = read('all() && (!all( ) || a == "all()" || global())');
    expect(printSelector(replaceAll(tree, 'k'))).toBe('(has(k) && (!has(k) || a == "all()" || global()))');
  });

  it('replaces the letters all() and no others where it works on the text', () => {
    expect(replaceAllInText('all() && (all( ) || a == "all()")', '$&')).toBe('has($&) && (all( ) || a == "has($&)")');
  });
});

describe('mentionsGlobal', () => {
  it.each([
    ['global()', true],
    ['has(a) && !(has(b) || global( ))', true],
    ['', false],
    ['global == "global()"', false],
    ['has(global) && all()', false],
  ])('%j: %s', (text, mentioned) => {
    expect(mentionsGlobal(read(text))).toBe(mentioned);
  });
});
