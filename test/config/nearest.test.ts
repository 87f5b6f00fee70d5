import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';

const known = ['guardrails', 'namespaces', 'exemptions', 'forbid-broad-peers', 'forbid-broad-ports', 'keep-dns'];

describe('nearest', () => {
  it.each([
    ['guardrail', 'guardrails'],
    ['gaurdrails', 'guardrails'],
    ['Guardrails', 'guardrails'],
    ['forbidBroadPeers', 'forbid-broad-peers'],
    ['forbid_broad_port', 'forbid-broad-ports'],
    ['broad-peers', 'forbid-broad-peers'],
    ['namspace', 'namespaces'],
    ['keep-dsn', 'keep-dns'],
  ])('takes %s for %s', (written, meant) => {
    expect(nearest(written, known)).toBe(meant);
  });

  it.each(['', 'x', 'colour', 'constructor', '__proto__', 'a'.repeat(1000)])('has no guess for %j', (written) => {
    expect(nearest(written, known)).toBeUndefined();
  });

  it('finds any name from which one letter is missing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...known), fc.nat(), (name, at) => {
        const cut = at % name.length;
        const written = name.slice(0, cut) + name.slice(cut + 1);
        expect(nearest(written, [name])).toBe(name);
      }),
    );
  });

  it('takes the nearer of two', () => {
    expect(nearest('forbid-broad-porte', known)).toBe('forbid-broad-ports');
    expect(nearest('abcd', ['abcx', 'abcd'])).toBe('abcd');
  });
});
