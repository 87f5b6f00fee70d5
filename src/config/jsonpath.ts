import { JSONPath } from 'jsonpath-plus';
import type { MatchedNode, MatchedNodes } from '../engine/guardrails/custom-condition.ts';
import type { FieldPath } from '../engine/json/path.ts';
import { asList, asString, field, isObject } from '../engine/json/read.ts';

const longestPath = 256;
/** Each further `..` multiplies the work by the depth of the object. */
const mostDescents = 2;
const mostNodes = 10_000;
const mostSteps = 200_000;
const maxDepth = 100;

/** Finds the parts of an object that a path leads to. Never throws. */
export type NodeSelector = (object: unknown) => MatchedNodes;

export type JsonPathReading =
  | { readonly ok: true; readonly select: NodeSelector }
  | { readonly ok: false; readonly problem: 'too-long' }
  | { readonly ok: false; readonly problem: 'too-many-descents' }
  /** What begins at this character, counted from 0, is none of the steps that are allowed. */
  | { readonly ok: false; readonly problem: 'unreadable-step'; readonly at: number };

type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend'; readonly name: string };

/**
 * Reads a JSONPath of the allowed subset: `$`, then any of `.name`, `['name']`, `["name"]`, `[0]`, `[*]`, `.*` and
 * `..name`. Filters and scripts are no part of it, so there is nothing in a path that could be evaluated; the library
 * is told so too. See docs/decisions/0004-jsonpath-without-evaluation.md.
 */
export function compileJsonPath(text: string): JsonPathReading {
  if (text.length > longestPath) return { ok: false, problem: 'too-long' };
  const reading = readSteps(text);
  if (!reading.ok) return { ok: false, problem: 'unreadable-step', at: reading.at };
  const { steps } = reading;
  const descents = steps.filter((step) => step.kind === 'descend').length;
  if (descents > mostDescents) return { ok: false, problem: 'too-many-descents' };
  // The library never forgets a path that it has read. The paths of an earlier configuration end here.
  JSONPath.clearCache();
  return { ok: true, select: selector(steps, descents) };
}

const stepForms: readonly { readonly form: RegExp; readonly step: (found: string) => Step }[] = [
  { form: /^\.\.([A-Za-z_][A-Za-z0-9_-]*)/, step: (name) => ({ kind: 'descend', name }) },
  { form: /^\.([A-Za-z_][A-Za-z0-9_-]*)/, step: (name) => ({ kind: 'name', name }) },
  { form: /^\.(\*)/, step: () => ({ kind: 'all' }) },
  { form: /^\[(\*)\]/, step: () => ({ kind: 'all' }) },
  { form: /^\[(0|[1-9]\d{0,8})\]/, step: (index) => ({ kind: 'index', index: Number(index) }) },
  // What a label or annotation key may hold. Everything else means something to the library, even between quotes.
  { form: /^\['([A-Za-z0-9_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_])?)'\]/, step: (name) => ({ kind: 'name', name }) },
  { form: /^\["([A-Za-z0-9_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_])?)"\]/, step: (name) => ({ kind: 'name', name }) },
];

function readSteps(text: string): { ok: true; steps: readonly Step[] } | { ok: false; at: number } {
  if (!text.startsWith('$')) return { ok: false, at: 0 };
  const steps: Step[] = [];
  let rest = text.slice(1);
  while (rest !== '') {
    const found = stepForms.flatMap(({ form, step }) => {
      const [whole, part] = form.exec(rest) ?? [];
      return whole === undefined || part === undefined ? [] : [{ step: step(part), length: whole.length }];
    })[0];
    if (found === undefined) return { ok: false, at: text.length - rest.length };
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return { ok: true, steps };
}

function selector(steps: readonly Step[], descents: number): NodeSelector {
  const path = `$${steps.map(writeStep).join('')}`;
  const branches = steps.some((step) => step.kind === 'all' || step.kind === 'descend');
  return (object) => {
    const nearest = nearestPath(object, steps);
    if (branches && !isWithinReach(object, descents)) return { nodes: [], complete: false, nearest };
    const found = evaluate(path, object);
    if (found === undefined) return { nodes: [], complete: false, nearest };
    const nodes = new Map<string, MatchedNode>();
    for (const result of found) {
      if (nodes.size >= mostNodes) return { nodes: [...nodes.values()], complete: false, nearest };
      const pointer = asString(field(result, 'pointer'));
      const node = pointer === undefined ? undefined : follow(object, pointer);
      // The library also finds what is no part of the JSON: the length of a list, the letters of a string.
      if (pointer !== undefined && node !== undefined && Object.is(node.value, field(result, 'value'))) {
        nodes.set(pointer, node);
      }
    }
    return { nodes: [...nodes.values()], complete: true, nearest };
  };
}

/** Each step in the one spelling that the library reads without surprises. */
function writeStep(step: Step): string {
  switch (step.kind) {
    case 'name':
      return `['${step.name}']`;
    case 'index':
      return `[${step.index}]`;
    case 'all':
      return '[*]';
    case 'descend':
      return `..${step.name}`;
  }
}

function evaluate(path: string, json: unknown): readonly unknown[] | undefined {
  // Of an empty or scalar document the library makes its own exceptions; no path leads into one.
  if (!isObject(json) && !Array.isArray(json)) return path === '$' ? undefined : [];
  try {
    return asList(JSONPath({ path, json, eval: false, resultType: 'all', wrap: true })) ?? [];
  } catch {
    return undefined;
  }
}

/** Names in the data that the library takes for steps of the path, or leaves out of the place that it reports. */
const takenForStep = /^(?:\*|\.\.|\^|~|@.*\(\))$/s;

/** Whether a search through the whole object stays small, and meets no name that would lead the library astray. */
function isWithinReach(object: unknown, descents: number): boolean {
  let steps = 0;
  const work: { readonly value: unknown; readonly depth: number }[] = [{ value: object, depth: 1 }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { value, depth } = next;
    steps += descents > 1 ? depth : 1;
    if (steps > mostSteps || depth > maxDepth) return false;
    if (Array.isArray(value)) {
      if (value.length > mostSteps) return false;
      for (const entry of value) work.push({ value: entry, depth: depth + 1 });
    } else if (isObject(value)) {
      for (const [name, entry] of Object.entries(value)) {
        if (takenForStep.test(name)) return false;
        work.push({ value: entry, depth: depth + 1 });
      }
    }
  }
  return true;
}

/** Follows a JSON pointer through own fields and list entries; undefined where it leads out of the data. */
function follow(object: unknown, pointer: string): MatchedNode | undefined {
  const path: (string | number)[] = [];
  let value = object;
  for (const token of pointer.split('/').slice(1)) {
    const step = Array.isArray(value) ? Number(token) : token.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = enter(value, step);
    if (next === undefined) return undefined;
    path.push(step);
    value = next.value;
  }
  return { path, value };
}

function enter(value: unknown, step: string | number): { readonly value: unknown } | undefined {
  if (Array.isArray(value)) {
    return typeof step === 'number' && Number.isInteger(step) && step >= 0 && step < value.length
      ? { value: value[step] }
      : undefined;
  }
  return isObject(value) && Object.hasOwn(value, String(step)) ? { value: value[String(step)] } : undefined;
}

/** How far the object has what the plain steps at the head of the path name. */
function nearestPath(object: unknown, steps: readonly Step[]): FieldPath {
  const path: (string | number)[] = [];
  let value = object;
  for (const step of steps) {
    if (step.kind === 'all' || step.kind === 'descend') break;
    const key = step.kind === 'name' ? step.name : step.index;
    const next = enter(value, key);
    if (next === undefined) break;
    path.push(key);
    value = next.value;
  }
  return path;
}
