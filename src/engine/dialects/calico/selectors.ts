import type { FieldPath } from '../../json/path.ts';
import { isAbsent } from '../../json/read.ts';
import type { Consequence } from '../../model/policy.ts';
import type { Problems } from '../problems.ts';
import { mentionsGlobal, replaceAllInText, type Selector } from './selector/ast.ts';
import { parseSelector } from './selector/parse.ts';
import { mendedSelector, slipIn } from './selector/slips.ts';

/** A selector as it is written: absent, read, or of no use, which has been noted. */
export type Written =
  | { readonly kind: 'absent' }
  | { readonly kind: 'read'; readonly selector: Selector }
  | { readonly kind: 'bad' };

/** From Calico 3.33 on the API takes no longer ones. */
const longestSelector = 1024;

/** How a selector is to be read besides its text. */
export interface SelectorUse {
  /** The label by which every literal `all()` is taken for "has this label". */
  readonly allAs?: string | undefined;
  /** What becomes of one that cannot be read; the usual for the dialect where nothing is said. */
  readonly consequence?: Consequence;
}

/**
 * Reads a selector. An empty one chooses everything and counts as absent, as in Calico.
 */
export function readCalicoSelector(
  value: unknown,
  path: FieldPath,
  problems: Problems,
  { allAs, consequence }: SelectorUse = {},
): Written {
  if (isAbsent(value) || value === '') return { kind: 'absent' };
  if (typeof value !== 'string') {
    problems.add('bad-selector', path, value, 'not-a-selector', { consequence: 'refused' });
    return { kind: 'bad' };
  }
  if (value.length > longestSelector) {
    problems.addMild('bad-selector', path, undefined, 'selector-too-long', { consequence: 'refused' });
  }
  const parsed = parseSelector(value);
  if (!parsed.ok) {
    const { reason, at, found, expected } = parsed.problem;
    const meant = mendedSelector(value);
    problems.add('bad-selector', path, value, `selector-${reason}`, {
      ...(consequence === undefined ? {} : { consequence }),
      stopped: { at, found, expected, slip: slipIn(value, parsed.problem)?.code },
      ...(meant === undefined ? {} : { meant }),
    });
    return { kind: 'bad' };
  }
  if (allAs === undefined) return { kind: 'read', selector: parsed.selector };
  const replaced = parseSelector(replaceAllInText(value, allAs));
  return { kind: 'read', selector: replaced.ok ? replaced.selector : parsed.selector };
}

/** Reads a selector in which `global()` means nothing and is refused. */
export function readLocalSelector(value: unknown, path: FieldPath, problems: Problems, use: SelectorUse = {}): Written {
  const written = readCalicoSelector(value, path, problems, use);
  if (written.kind !== 'read' || !mentionsGlobal(written.selector)) return written;
  problems.add('bad-selector', path, value, 'global-not-here');
  return { kind: 'bad' };
}

/** Reads the namespaceSelector of a rule, in which `global()` is all there is, or is not there. */
export function readPeerNamespaces(value: unknown, path: FieldPath, problems: Problems): Written {
  const written = readCalicoSelector(value, path, problems);
  if (written.kind !== 'read' || written.selector.kind === 'global' || !mentionsGlobal(written.selector))
    return written;
  problems.add('bad-selector', path, value, 'global-alone');
  return { kind: 'bad' };
}

/** All of the selectors at once. */
export function allOf(selectors: readonly Selector[]): Selector {
  const [only, ...more] = selectors;
  if (only === undefined) return { kind: 'all' };
  return more.length === 0 ? only : { kind: 'and', operands: selectors };
}
