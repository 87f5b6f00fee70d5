import { canonicalJson } from '../json/canonical.ts';
import type { FieldPath } from '../json/path.ts';
import { isAbsent } from '../json/read.ts';

/** A part of an object that a path leads to. */
export interface MatchedNode {
  readonly path: FieldPath;
  readonly value: unknown;
}

export interface MatchedNodes {
  readonly nodes: readonly MatchedNode[];
  /** False where the search was given up for its size: there may be nodes that are not listed. */
  readonly complete: boolean;
  /** How far the object goes towards what the path names: where a reader would add what is missing. */
  readonly nearest: FieldPath;
}

/** Whether one value is as wanted. A value of a type that the test does not speak of is not. */
export type ValueTest = (value: unknown) => boolean;

/** What a custom rule asks of the nodes that its path leads to, all together. */
export type Condition =
  | { readonly kind: 'exists'; readonly wanted: boolean }
  | { readonly kind: 'every' | 'some' | 'none'; readonly test: ValueTest }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'all' | 'any'; readonly conditions: readonly Condition[] };

/** One place that does not do what the condition asks. */
export interface Violation {
  readonly path: FieldPath;
  /** What is wrong, whatever its place: the value, or that nothing is as wanted. Undefined where it has no short text. */
  readonly item: string | undefined;
}

export type Answer =
  | { readonly answer: 'holds' }
  | { readonly answer: 'violated'; readonly violations: readonly Violation[] }
  /** It hangs on nodes that the search did not get to. */
  | { readonly answer: 'unknown' };

const holds: Answer = { answer: 'holds' };
const unknown: Answer = { answer: 'unknown' };

/**
 * Asks a condition of the nodes. A null node is absent, as the API server reads it.
 *
 * Where no node is left, `exists: true` and `some` are violated and `exists: false`, `every` and `none` hold: a rule
 * about a field says nothing of objects that lack it, unless it asks for the field.
 */
export function examine(condition: Condition, matched: MatchedNodes): Answer {
  return ask(condition, { ...matched, nodes: matched.nodes.filter((node) => !isAbsent(node.value)) });
}

function ask(condition: Condition, matched: MatchedNodes): Answer {
  const { nodes, complete } = matched;
  switch (condition.kind) {
    case 'exists':
      if (condition.wanted) return nodes.length > 0 ? holds : complete ? together(condition.kind, matched) : unknown;
      return eachOf(nodes, complete);
    case 'every':
      return eachOf(
        nodes.filter((node) => !condition.test(node.value)),
        complete,
      );
    case 'none':
      return eachOf(
        nodes.filter((node) => condition.test(node.value)),
        complete,
      );
    case 'some':
      if (nodes.some((node) => condition.test(node.value))) return holds;
      return complete ? together(condition.kind, matched) : unknown;
    case 'not': {
      const { answer } = ask(condition.condition, matched);
      return answer === 'holds' ? together(condition.kind, matched) : answer === 'violated' ? holds : unknown;
    }
    case 'all': {
      const answers = condition.conditions.map((one) => ask(one, matched));
      const violations = violationsOf(answers);
      if (violations.length > 0) return { answer: 'violated', violations };
      return answers.some(({ answer }) => answer === 'unknown') ? unknown : holds;
    }
    case 'any': {
      const answers = condition.conditions.map((one) => ask(one, matched));
      if (answers.some(({ answer }) => answer === 'holds')) return holds;
      if (answers.some(({ answer }) => answer === 'unknown')) return unknown;
      return { answer: 'violated', violations: violationsOf(answers) };
    }
  }
}

/** Nodes that are wrong each for itself. */
function eachOf(wrong: readonly MatchedNode[], complete: boolean): Answer {
  if (wrong.length === 0) return complete ? holds : unknown;
  return { answer: 'violated', violations: wrong.map(({ path, value }) => ({ path, item: canonicalJson(value) })) };
}

/** Nodes, or the lack of them, that are wrong only together. The item is no JSON, so no value is mistaken for it. */
function together(kind: string, { nodes, nearest }: MatchedNodes): Answer {
  return { answer: 'violated', violations: [{ path: nodes[0]?.path ?? nearest, item: `<${kind}>` }] };
}

function violationsOf(answers: readonly Answer[]): readonly Violation[] {
  return answers.flatMap((one) => (one.answer === 'violated' ? one.violations : []));
}
