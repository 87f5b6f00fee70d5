import { asList, asString, field, isObject } from '../json/read.ts';
import { type LabelBox, readSelector } from '../sets/labels.ts';
import { slips } from './slips.ts';

/** A selector in which one label has been put right, and which label that is. */
export interface NearestLabel {
  readonly label: string;
  readonly selector: unknown;
  readonly box: LabelBox;
}

/** More labels than this, or longer ones, and the search would cost more than the hint is worth. */
const mostLabels = 2000;
const mostTries = 20;

/**
 * The selector that a mistyped one was most likely meant to be: the same with one key or one value replaced by one that
 * exists and is written nearly the same. Of equally near ones the first by name. Undefined where nothing near is accepted.
 *
 * @param selector as the user wrote it
 * @param existing the labels of everything that could have been meant
 * @param isMet whether the box of another selector finds somebody
 */
export function nearestLabel(
  selector: unknown,
  existing: Iterable<ReadonlyMap<string, string>>,
  isMet: (box: LabelBox) => boolean,
): NearestLabel | undefined {
  const labels = labelsIn(existing);
  const candidates = writtenLabels(selector)
    .flatMap((written) => nearTo(written, labels))
    .sort((a, b) => a.slips - b.slips || (a.label < b.label ? -1 : 1));
  for (const { label, selector: changed } of candidates.slice(0, mostTries)) {
    const reading = readSelector(changed);
    if (reading.ok && isMet(reading.box)) return { label, selector: changed, box: reading.box };
  }
  return undefined;
}

type Label = readonly [key: string, value: string];

function labelsIn(existing: Iterable<ReadonlyMap<string, string>>): readonly Label[] {
  const found = new Map<string, Label>();
  for (const labels of existing) {
    for (const [key, value] of labels) {
      found.set(`${key}=${value}`, [key, value]);
      if (found.size === mostLabels) return [...found.values()];
    }
  }
  return [...found.values()];
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

function nearTo({ key, value, replaced }: WrittenLabel, labels: readonly Label[]): readonly Candidate[] {
  return labels.flatMap((other) => {
    const count = value === undefined ? near(key, other[0]) : oneNear([key, value], other);
    if (count === undefined) return [];
    const label = value === undefined ? other[0] : other.join('=');
    return [{ slips: count, label, selector: replaced(other) }];
  });
}

/** Key or value may be mistyped; where both are, it is likely another label altogether. */
function oneNear([key, value]: Label, [otherKey, otherValue]: Label): number | undefined {
  if (key === otherKey) return near(value, otherValue);
  return value === otherValue ? near(key, otherKey) : undefined;
}

/** One letter in three of the longer text may be wrong, and two at most. */
function near(written: string, other: string): number | undefined {
  if (isNumbered(written, other)) return undefined;
  const enough = Math.min(2, Math.floor(Math.max(written.length, other.length) / 3));
  const count = slips(written, other, enough);
  return count === 0 || count > enough ? undefined : count;
}

/** `web-1` and `web-2`, `team-a` and `team-b`: told apart on purpose, so neither is a slip for the other. */
function isNumbered(a: string, b: string): boolean {
  return withoutNumbers(a) === withoutNumbers(b);
}

function withoutNumbers(text: string): string {
  return text.replace(/\d+|(?<=^|[-_./])[A-Za-z](?=$|[-_./])/g, '#');
}
