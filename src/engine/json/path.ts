/** The way from the root of an object to one of its parts: field names and list indexes. */
export type FieldPath = readonly (string | number)[];

const plainName = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/**
 * Writes a path as Kubernetes does.
 *
 * @example formatPath(['spec', 'ingress', 0, 'from']) // spec.ingress[0].from
 * @example formatPath(['metadata', 'labels', 'a.b/c']) // metadata.labels["a.b/c"]
 */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!plainName.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** The longest path that all of `paths` start with; the empty path for none. */
export function commonPath(paths: readonly FieldPath[]): FieldPath {
  const [first, ...rest] = paths;
  if (first === undefined) return [];
  let length = first.length;
  for (const path of rest) {
    let same = 0;
    while (same < length && path[same] === first[same]) same += 1;
    length = same;
  }
  return first.slice(0, length);
}

/** Orders paths as a reader meets them: names by code unit, indexes by number. */
export function comparePaths(a: FieldPath, b: FieldPath): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a[i];
    const right = b[i];
    if (left === right || left === undefined || right === undefined) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}
