import type { FieldPath } from '../../json/path.ts';
import { isAbsent } from '../../json/read.ts';
import type { Problems } from '../problems.ts';
import { mentionsGlobal, replaceAllInText, type Selector } from './selector/ast.ts';
import { parseSelector } from './selector/parse.ts';

/** A selector as it is written: absent, read, or of no use, which has been noted. */
export type Written =
  | { readonly kind: 'absent' }
  | { readonly kind: 'read'; readonly selector: Selector }
  | { readonly kind: 'bad' };

/**
 * Reads a selector. An empty one chooses everything and counts as absent, as in Calico.
 *
 * @param allAs the label by which every literal `all()` is taken for "has this label"
 */
export function readCalicoSelector(value: unknown, path: FieldPath, problems: Problems, allAs?: string): Written {
  if (isAbsent(value) || value === '') return { kind: 'absent' };
  if (typeof value !== 'string') {
    problems.add('bad-selector', path, value, 'not-a-string');
    return { kind: 'bad' };
  }
  const parsed = parseSelector(value);
  if (!parsed.ok) {
    const { reason, at, found, expected } = parsed.problem;
    problems.add('bad-selector', path, value, `calico-${reason}`, { at, found, expected });
    return { kind: 'bad' };
  }
  if (allAs === undefined) return { kind: 'read', selector: parsed.selector };
  const replaced = parseSelector(replaceAllInText(value, allAs));
  return { kind: 'read', selector: replaced.ok ? replaced.selector : parsed.selector };
}

/** Reads a selector in which `global()` means nothing and is refused. */
export function readLocalSelector(value: unknown, path: FieldPath, problems: Problems, allAs?: string): Written {
  const written = readCalicoSelector(value, path, problems, allAs);
  if (written.kind !== 'read' || !mentionsGlobal(written.selector)) return written;
  problems.add('bad-selector', path, value, 'global-not-here');
  return { kind: 'bad' };
}

/** All of the selectors at once. */
export function allOf(selectors: readonly Selector[]): Selector {
  const [only, ...more] = selectors;
  if (only === undefined) return { kind: 'all' };
  return more.length === 0 ? only : { kind: 'and', operands: selectors };
}
