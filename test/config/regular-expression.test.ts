import { describe, expect, it } from 'vitest';
import { readExpression } from '../../src/config/regular-expression.ts';

function matches(source: string, text: string): boolean {
  const reading = readExpression(source);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.matches(text);
}

describe('readExpression', () => {
  it('finds the expression anywhere, and ties it to the ends with ^ and $', () => {
    expect(matches('b+', 'abbc')).toBe(true);
    expect(matches('^b+$', 'abbc')).toBe(false);
    expect(matches('^a.*c$', 'abbc')).toBe(true);
    expect(matches('(?i)TEAM-', 'team-a')).toBe(true);
    expect(matches('\\p{Hiragana}', 'せきしょ')).toBe(true);
  });

  it.each([
    ['(a', 'missing closing ): "(a"'],
    ['a**', 'invalid nested repetition operator'],
    ['(?=a)', 'Perl syntax'],
    ['\\1', 'invalid escape sequence'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
    ['a{1001}', 'invalid repeat count'],
    ['x'.repeat(1001), 'longer than 1000 characters'],
  ])('refuses %s with a reason', (source, reason) => {
    const reading = readExpression(source);
    expect(reading).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
    expect(reading.ok ? '' : reading.reason).not.toContain('`');
  });

  it.each(['^(a+)+$', '(a|a)*b', '(a*)*c', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'answers %s without going back',
    (source) => {
      // A backtracking engine would not be through with these before the test's own limit.
      expect(matches(source, `${'a'.repeat(50_000)}!`)).toBe(false);
    },
  );
});
