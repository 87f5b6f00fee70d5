import { type Automaton, automatonKey, everyWord } from './automaton.ts';
import { equalLists, listed, merged, sorted } from './sorted-values.ts';
import { mostEntries, wordsContaining, wordsEnding, wordsStarting } from './text-automata.ts';
import {
  complementPattern,
  containsPattern,
  equalPatterns,
  hasPatternValue,
  intersectPatterns,
  overlapPatterns,
  type Pattern,
  patternResult,
  somePatternValue,
} from './value-patterns.ts';

/**
 * A set of label values: some, all but some, or by the texts in them. Lists are sorted and name a value once, and what a
 * list can say is one, so equal sets are equal values. Label values are bounded in length, yet there are so many that
 * no list of them is ever all: they are taken as unbounded, of any characters.
 *
 * `unresolved`: what all of these sets have in common, or with `holds` false the rest. It comes of patterns whose
 * combination would be too much work. Which values are in it is known, but hardly anything else; each function says to
 * which side it errs.
 */
export type ValueSet =
  | { readonly kind: 'only'; readonly values: readonly string[] }
  | { readonly kind: 'except'; readonly values: readonly string[] }
  | ({ readonly kind: 'pattern' } & Pattern)
  | { readonly kind: 'unresolved'; readonly holds: boolean; readonly sets: readonly ValueSet[] };

export const noValues: ValueSet = { kind: 'only', values: [] };
export const everyValue: ValueSet = { kind: 'except', values: [] };

export function onlyValues(values: readonly string[]): ValueSet {
  return { kind: 'only', values: sorted(values) };
}

export function valuesExcept(values: readonly string[]): ValueSet {
  return { kind: 'except', values: sorted(values) };
}

/** Undefined where the text is too long to work with: some thousand characters. */
export function valuesContaining(text: string): ValueSet | undefined {
  return fromWords(wordsContaining(text));
}

/** Undefined where the text is too long to work with: some thousand characters. */
export function valuesStarting(text: string): ValueSet | undefined {
  return fromWords(wordsStarting(text));
}

/** Undefined where the text is too long to work with: some thousand characters. */
export function valuesEnding(text: string): ValueSet | undefined {
  return fromWords(wordsEnding(text));
}

function fromWords(words: Automaton | undefined): ValueSet | undefined {
  return words && patternResult(words, []);
}

/** Whether a list says the set, of its values or of those it leaves out. */
export function isListed(set: ValueSet): boolean {
  return set.kind === 'only' || set.kind === 'except';
}

/** Whether all functions answer exactly for this set. */
export function isResolved(set: ValueSet): boolean {
  return set.kind !== 'unresolved';
}

/** How much work, at most and in steps, it is to combine or compare two sets by their patterns; nothing for lists. */
export function patternWork(a: ValueSet, b: ValueSet): number {
  if (a.kind !== 'pattern' || b.kind !== 'pattern') return 0;
  const pairs = a.words.accepting.length * b.words.accepting.length;
  return Math.min(mostEntries, pairs * (a.words.letters.length + b.words.letters.length + 1));
}

/** Of an unresolved set, false: it may have values. */
export function isNoValue(set: ValueSet): boolean {
  return set.kind === 'only' && set.values.length === 0;
}

/** Of an unresolved set, false: it may leave some out. */
export function isEveryValue(set: ValueSet): boolean {
  return set.kind === 'except' && set.values.length === 0;
}

/** Exact for every set. */
export function hasValue(set: ValueSet, value: string): boolean {
  switch (set.kind) {
    case 'only':
      return listed(set.values, value);
    case 'except':
      return !listed(set.values, value);
    case 'pattern':
      return hasPatternValue(set, value);
    case 'unresolved':
      return set.sets.every((one) => hasValue(one, value)) === set.holds;
  }
}

/** Unresolved where it would be too much work. */
export function intersectValues(a: ValueSet, b: ValueSet): ValueSet {
  if (a.kind === 'only') return { kind: 'only', values: a.values.filter((value) => hasValue(b, value)) };
  if (b.kind === 'only') return { kind: 'only', values: b.values.filter((value) => hasValue(a, value)) };
  if (a.kind === 'except' && b.kind === 'except') return { kind: 'except', values: merged(a.values, b.values) };
  if (a.kind === 'unresolved' || b.kind === 'unresolved') return bothOf(a, b);
  return intersectPatterns(asPattern(a), asPattern(b)) ?? bothOf(a, b);
}

/** What two sets have in common, left as it is; a set that is such a one itself adds its own. */
function bothOf(a: ValueSet, b: ValueSet): ValueSet {
  const sets = new Map<string, ValueSet>();
  for (const set of [a, b]) {
    for (const one of set.kind === 'unresolved' && set.holds ? set.sets : [set]) sets.set(valuesKey(one), one);
  }
  const keys = [...sets.keys()].sort();
  return { kind: 'unresolved', holds: true, sets: keys.flatMap((key) => sets.get(key) ?? []) };
}

type Listless = Exclude<ValueSet, { readonly kind: 'only' | 'unresolved' }>;

function asPattern(set: Listless): Pattern {
  return set.kind === 'pattern' ? set : { words: everyWord, flipped: set.values };
}

/** Unresolved where it would be too much work. */
export function subtractValues(a: ValueSet, b: ValueSet): ValueSet {
  return intersectValues(a, complementValues(b));
}

/** Whether every value of `inner` is in `outer`. False also where that is not known. */
export function containsValues(outer: ValueSet, inner: ValueSet): boolean {
  if (outer.kind === 'except') return outer.values.every((value) => !hasValue(inner, value));
  if (inner.kind === 'only') return inner.values.every((value) => hasValue(outer, value));
  if (outer.kind === 'only') return false;
  if (outer.kind === 'unresolved' || inner.kind === 'unresolved') return equalValues(outer, inner);
  return containsPattern(outer, asPattern(inner)) === true;
}

/**
 * A value of the set, always the same; of a list without end, the first of `v`, `v0`, `v1`, ... that is not left out.
 * Undefined where there is none; for an unresolved set, where none is known.
 */
export function someValue(set: ValueSet): string | undefined {
  if (set.kind === 'only') return set.values[0];
  if (set.kind === 'pattern') return somePatternValue(set);
  if (set.kind === 'unresolved') {
    return [everyValue, ...set.sets].map(someValue).find((value) => value !== undefined && hasValue(set, value));
  }
  for (let n = -1; ; n += 1) {
    const value = n < 0 ? 'v' : `v${n}`;
    if (hasValue(set, value)) return value;
  }
}

/** Equal exactly for equal sets, whatever text comes behind it; unresolved ones may be equal under several keys. */
export function valuesKey(set: ValueSet): string {
  switch (set.kind) {
    case 'only':
      return `+${listKey(set.values)}`;
    case 'except':
      return `-${listKey(set.values)}`;
    case 'pattern':
      return `~${automatonKey(set.words)}${listKey(set.flipped)}`;
    case 'unresolved':
      return `${set.holds ? '&' : '!'}(${set.sets.map(valuesKey).join(';')})`;
  }
}

/** Exact for every set. */
export function complementValues(set: ValueSet): ValueSet {
  switch (set.kind) {
    case 'only':
      return { kind: 'except', values: set.values };
    case 'except':
      return { kind: 'only', values: set.values };
    case 'pattern':
      return { kind: 'pattern', ...complementPattern(set) };
    case 'unresolved':
      return { ...set, holds: !set.holds };
  }
}

/** Unresolved where it would be too much work. */
export function unionValues(a: ValueSet, b: ValueSet): ValueSet {
  return complementValues(intersectValues(complementValues(a), complementValues(b)));
}

/** Whether some value is in both. True also where that is not known. */
export function overlapValues(a: ValueSet, b: ValueSet): boolean {
  if (a.kind === 'only') return a.values.some((value) => hasValue(b, value));
  if (b.kind === 'only') return b.values.some((value) => hasValue(a, value));
  if (a.kind === 'unresolved' || b.kind === 'unresolved') return true;
  if (a.kind === 'except' && b.kind === 'except') return true;
  return overlapPatterns(asPattern(a), asPattern(b)) !== false;
}

/** Of unresolved sets, false where they are not put together of the same. */
export function equalValues(a: ValueSet, b: ValueSet): boolean {
  if (a === b) return true;
  if (a.kind === 'pattern') return b.kind === 'pattern' && equalPatterns(a, b);
  if (a.kind === 'unresolved') return b.kind === 'unresolved' && valuesKey(a) === valuesKey(b);
  return a.kind === b.kind && equalLists(a.values, b.values);
}

/** Whether all but finitely many values are in the set. True also where that is not known. */
export function isAlmostEveryValue(set: ValueSet): boolean {
  if (set.kind === 'unresolved') return !set.holds || set.sets.every(isAlmostEveryValue);
  return set.kind === 'except';
}

/** The set as a list, of its values or of those it leaves out. Undefined where no list says it. */
export function listedValues(
  set: ValueSet,
): { readonly except: boolean; readonly values: readonly string[] } | undefined {
  if (set.kind !== 'only' && set.kind !== 'except') return undefined;
  return { except: set.kind === 'except', values: set.values };
}

/** By lengths, which is a good deal quicker than quoting. */
function listKey(values: readonly string[]): string {
  let text = String(values.length);
  for (const value of values) text += `,${value.length}:${value}`;
  return text;
}
