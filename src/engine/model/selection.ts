import { type LabelBox, matchesBox } from '../sets/labels.ts';

/** A choice of namespaces, pods or objects in a configuration. Everything that is given must hold; nothing given is everything. */
export interface Selection {
  /** Exact names, or globs with `*`. Undefined: any name. */
  readonly names: readonly string[] | undefined;
  /** `labels` and `selector` of the configuration, ANDed. */
  readonly labels: LabelBox;
}

export function selects(selection: Selection, name: string, labels: ReadonlyMap<string, string>): boolean {
  if (selection.names !== undefined && !selection.names.some((pattern) => matchesGlob(pattern, name))) return false;
  return matchesBox(selection.labels, labels);
}

/** `*` stands for any run of characters. Linear in the text for each star; no regular expression is built. */
export function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === pattern;
  if (!text.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
