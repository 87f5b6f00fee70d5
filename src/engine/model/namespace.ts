import { copiedNamespaceLabelOf, nameLabel } from './attributes.ts';

export interface Namespace {
  readonly name: string;
  /** Its labels, `kubernetes.io/metadata.name` always among them. */
  readonly labels: ReadonlyMap<string, string>;
  readonly terminating: boolean;
}

/**
 * A namespace as Calico takes it of a pod with these labels: what `pcns.KEY` says stands before its own label KEY, but
 * for its name.
 */
export function asSeenThrough(namespace: Namespace, pod: Iterable<readonly [string, string]>): Namespace {
  const said = Array.from(pod).flatMap(([key, value]) => {
    const label = copiedNamespaceLabelOf(key);
    return label === undefined || label === nameLabel ? [] : [[label, value] as const];
  });
  return said.length === 0 ? namespace : { ...namespace, labels: new Map([...namespace.labels, ...said]) };
}
