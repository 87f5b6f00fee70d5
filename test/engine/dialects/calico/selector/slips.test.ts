import { describe, expect, it } from 'vitest';
import { parseSelector } from '../../../../../src/engine/dialects/calico/selector/parse.ts';
import { mendedSelector, slipIn } from '../../../../../src/engine/dialects/calico/selector/slips.ts';

const slips: readonly (readonly [written: string, code: string | undefined, meant: string | undefined])[] = [
  ["app = 'web'", 'single-equals', "app == 'web'"],
  ["app === 'web'", 'single-equals', "app == 'web'"],
  ["app: 'web'", 'colon', "app ==  'web'"],
  ['app == web', 'bare-value', 'app == "web"'],
  ['app != 10.0.0.1:80', 'bare-value', 'app != "10.0.0.1:80"'],
  ['app == web && tier = front', 'bare-value', 'app == "web" && tier == "front"'],
  ["app == 'a' and b == 'c'", 'and-word', "app == 'a' && b == 'c'"],
  ["app == 'a' AND b == 'c' OR has(d)", 'and-word', "app == 'a' && b == 'c' || has(d)"],
  ["app == 'a' & b == 'c'", 'and-word', "app == 'a' && b == 'c'"],
  ["app == 'a' | b == 'c'", 'or-word', "app == 'a' || b == 'c'"],
  ["app == 'a', b == 'c'", 'comma', "app == 'a' && b == 'c'"],
  ["app == 'a'\n", 'line-break-at-end', "app == 'a'"],
  ["app == 'a' &&\n  b == 'c'\r\n", 'line-break-inside', "app == 'a' &&   b == 'c'"],
  ['app == “web”', 'typographic-quotes', 'app == "web"'],
  ['app == ‘web’', 'typographic-quotes', "app == 'web'"],
  ['app == "web”', 'typographic-quotes', 'app == "web"'],
  ['has app', 'has-brackets', 'has(app)'],
  ['has (app)', 'has-brackets', 'has(app)'],
  ['all', 'all-brackets', 'all()'],
  ['all ()', 'all-brackets', 'all()'],
  ["not app == 'a'", 'not-word', "!app == 'a'"],
  ["app IN {'a'}", 'capital-operator', "app in {'a'}"],
  ["app NOT IN {'a'}", 'capital-operator', "app not in {'a'}"],
  ["app in ('a', 'b')", 'set-braces', "app in {'a', 'b'}"],
  ['app in [a, b]', 'set-braces', 'app in {"a", "b"}'],
  ["app in 'a'", 'set-braces', "app in {'a'}"],
  ['app', 'label-alone', 'has(app)'],
  ["app && b == 'c'", 'label-alone', "has(app) && b == 'c'"],
  ["app == 'web", undefined, undefined],
  ['app ~ "web"', undefined, undefined],
  ['(((', undefined, undefined],
];

describe('the usual slips in a selector', () => {
  it.each(slips)('%j is %s', (written, code, meant) => {
    const parsed = parseSelector(written);
    if (parsed.ok) throw new Error(`${written} is a selector`);
    expect(slipIn(written, parsed.problem)?.code).toBe(code);
    expect(mendedSelector(written)).toBe(meant);
    if (meant !== undefined) expect(parseSelector(meant).ok).toBe(true);
  });

  it('are looked for in no time, whatever is written', () => {
    const started = performance.now();
    for (const part of ['a ', 'a=', 'a == b and ', '(', '“', '! ', 'has a ', "'x' "])
      mendedSelector(part.repeat(200_000));
    for (const part of ['a=b ', 'a == b and ', '“', 'a in (b) ']) mendedSelector(part.repeat(200).slice(0, 1999));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
