import type { Expression, Selector } from './manifests.ts';

export type LabelMap = Readonly<Record<string, string>>;

/**
 * Whether the API server would refuse a selector: an unknown operator, In or NotIn without values, Exists or
 * DoesNotExist with some. What it would refuse matches nothing.
 */
function isRefused(selector: Selector): boolean {
  return (selector.matchExpressions ?? []).some(({ operator, values }) => {
    const count = values?.length ?? 0;
    if (operator === 'In' || operator === 'NotIn') return count === 0;
    return (operator !== 'Exists' && operator !== 'DoesNotExist') || count > 0;
  });
}

/** A selector that is absent or null is for its caller to think about; as far as labels go it is the empty one. */
export function matchesSelector(selector: Selector | null | undefined, labels: LabelMap): boolean {
  if (selector === null || selector === undefined) return true;
  if (isRefused(selector)) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((expression) => holds(expression, labels));
}

function holds({ key, operator, values }: Expression, labels: LabelMap): boolean {
  const has = Object.hasOwn(labels, key);
  const listed = has && (values ?? []).includes(labels[key] ?? '');
  switch (operator) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return has;
    case 'DoesNotExist':
      return !has;
    default:
      return false;
  }
}
