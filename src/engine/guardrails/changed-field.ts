import { canonicalJson } from '../json/canonical.ts';
import type { FieldPath } from '../json/path.ts';
import { valueAt } from '../json/value-at.ts';
import type { CheckContext } from '../model/check-context.ts';

/** Of some fields of the spec, the one that an update writes otherwise; undefined for several, and where it is left out now. */
export function changedField(
  { change }: Pick<CheckContext, 'change'>,
  names: readonly string[],
): FieldPath | undefined {
  if (change.operation !== 'UPDATE') return undefined;
  const [only, ...others] = names
    .map((name) => ['spec', name])
    .filter((path) => canonicalJson(valueAt(change.object, path)) !== canonicalJson(valueAt(change.oldObject, path)));
  return only === undefined || others.length > 0 || valueAt(change.object, only) === undefined ? undefined : only;
}
