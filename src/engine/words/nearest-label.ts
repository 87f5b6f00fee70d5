import { asList, asString, field, isObject } from '../json/read.ts';
import { type LabelBox, readSelector } from '../sets/labels.ts';
import { slips } from './slips.ts';

/** A selector in which one label has been put right, and which label that is. */
export interface NearestLabel {
  readonly label: string;
  readonly selector: unknown;
  readonly box: LabelBox;
}

/** The labels of those who could have been meant. */
export interface ExistingLabels {
  /** Among these are all of theirs. */
  keys(): Iterable<string>;
  /** Among these are all of theirs, unless they are too many to look through. */
  valuesOf(key: string): Iterable<string>;
  /** Whether somebody who could have been meant carries the label. */
  has(key: string, value: string): boolean;
}

const mostTries = 20;

/**
 * The selector that a mistyped one was most likely meant to be: the same with one key or one value replaced by one that
 * exists and is written nearly the same. Of equally near ones the first by name. Undefined where nothing near is accepted.
 *
 * @param selector as the user wrote it
 * @param existing asked for only where something is written that could be another label
 * @param isMet whether the box of another selector finds somebody
 */
export function nearestLabel(
  selector: unknown,
  existing: () => ExistingLabels,
  isMet: (box: LabelBox) => boolean,
): NearestLabel | undefined {
  const asked = writtenLabels(selector);
  if (asked.length === 0) return undefined;
  const labels = existing();
  const candidates = asked
    .flatMap((written) => nearTo(written, labels))
    .sort((a, b) => a.slips - b.slips || (a.label < b.label ? -1 : 1));
  for (const { label, selector: changed } of candidates.slice(0, mostTries)) {
    const reading = readSelector(changed);
    if (reading.ok && isMet(reading.box)) return { label, selector: changed, box: reading.box };
  }
  return undefined;
}

type Label = readonly [key: string, value: string];

/** The labels of a few; undefined for more than `most` of these or of their labels. */
export function labelsOfFew(existing: Iterable<ReadonlyMap<string, string>>, most: number): ExistingLabels | undefined {
  const found = new Map<string, Set<string>>();
  let left = most;
  for (const labels of existing) {
    left -= 1;
    for (const [key, value] of labels) {
      const values = found.get(key) ?? new Set<string>();
      found.set(key, values);
      if (!values.has(value)) left -= 1;
      values.add(value);
    }
    if (left < 0) return undefined;
  }
  const none: ReadonlySet<string> = new Set();
  return {
    keys: () => found.keys(),
    valuesOf: (key) => found.get(key) ?? none,
    has: (key, value) => found.get(key)?.has(value) === true,
  };
}

/** A label that a selector asks for, and the selector with another one there. A value that is undefined is not asked for. */
interface WrittenLabel {
  readonly key: string;
  readonly value: string | undefined;
  readonly replaced: (label: Label) => unknown;
}

function writtenLabels(selector: unknown): readonly WrittenLabel[] {
  if (!isObject(selector)) return [];
  const matchLabels = field(selector, 'matchLabels');
  const plain = isObject(matchLabels) ? Object.entries(matchLabels) : [];
  const expressions = asList(field(selector, 'matchExpressions')) ?? [];
  return [
    ...plain.flatMap(([key, written], index): readonly WrittenLabel[] => {
      const value = asString(written);
      if (value === undefined) return [];
      const replaced = (label: Label) => ({
        ...selector,
        matchLabels: Object.fromEntries([...plain.slice(0, index), label, ...plain.slice(index + 1)]),
      });
      return [{ key, value, replaced }];
    }),
    ...expressions.flatMap((expression, index) =>
      labelsOfExpression(expression, (changed) => ({
        ...selector,
        matchExpressions: expressions.with(index, changed),
      })),
    ),
  ];
}

function labelsOfExpression(
  expression: unknown,
  inSelector: (expression: unknown) => unknown,
): readonly WrittenLabel[] {
  const key = asString(field(expression, 'key'));
  if (key === undefined || !isObject(expression)) return [];
  switch (field(expression, 'operator')) {
    case 'Exists':
      return [{ key, value: undefined, replaced: ([other]) => inSelector({ ...expression, key: other }) }];
    case 'In': {
      const values = (asList(field(expression, 'values')) ?? []).flatMap((value) => asString(value) ?? []);
      return values.map((value, at) => ({
        key,
        value,
        replaced: ([other, otherValue]) =>
          inSelector({ ...expression, key: other, values: values.with(at, otherValue) }),
      }));
    }
    default:
      return [];
  }
}

interface Candidate {
  readonly slips: number;
  readonly label: string;
  readonly selector: unknown;
}

/** Key or value may be mistyped; where both are, it is likely another label altogether. */
function nearTo({ key, value, replaced }: WrittenLabel, labels: ExistingLabels): readonly Candidate[] {
  const found: Candidate[] = [];
  const otherKeys = Array.from(labels.keys()).flatMap((other) => {
    const count = other === key ? undefined : near(key, other);
    return count === undefined ? [] : [{ other, count }];
  });
  if (value === undefined) {
    for (const { other, count } of otherKeys)
      found.push({ slips: count, label: other, selector: replaced([other, '']) });
    return found;
  }
  for (const { other, count } of otherKeys) {
    if (labels.has(other, value))
      found.push({ slips: count, label: `${other}=${value}`, selector: replaced([other, value]) });
  }
  for (const other of labels.valuesOf(key)) {
    const count = near(value, other);
    if (count !== undefined && labels.has(key, other))
      found.push({ slips: count, label: `${key}=${other}`, selector: replaced([key, other]) });
  }
  return found;
}

/** One letter in three of the longer text may be wrong, and two at most. */
function near(written: string, other: string): number | undefined {
  const enough = Math.min(2, Math.floor(Math.max(written.length, other.length) / 3));
  const count = slips(written, other, enough);
  return count === 0 || count > enough || isNumbered(written, other) ? undefined : count;
}

/** `web-1` and `web-2`, `team-a` and `team-b`: told apart on purpose, so neither is a slip for the other. */
function isNumbered(a: string, b: string): boolean {
  return withoutNumbers(a) === withoutNumbers(b);
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+|(?<=^|[-_./])[A-Za-z](?=$|[-_./])/g, '#');
}
