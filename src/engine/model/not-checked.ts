/** Why something could not be decided. */
export type NotCheckedReason =
  | 'no-namespaces'
  | 'no-pods'
  | 'no-policies'
  | 'no-cluster-facts'
  | 'no-felix-configurations'
  | 'no-network-sets'
  | 'no-services'
  | 'no-tiers'
  | 'work-cap'
  | 'unsupported-field'
  | 'unknown-kind'
  | 'excluded-namespace'
  | 'judged-before'
  | 'own-object-of-calico'
  | 'stale-world'
  | 'unread-policies';

/** Whether it is for want of a World that something was not checked. */
const wantOfWorld: Readonly<Record<NotCheckedReason, boolean>> = {
  'no-namespaces': true,
  'no-pods': true,
  'no-policies': true,
  'no-felix-configurations': true,
  'no-network-sets': true,
  'no-services': true,
  'no-tiers': true,
  'stale-world': true,
  'unread-policies': true,
  'no-cluster-facts': false,
  'work-cap': false,
  'unsupported-field': false,
  'unknown-kind': false,
  'excluded-namespace': false,
  'judged-before': false,
  'own-object-of-calico': false,
};

export function isForWantOfWorld(reason: NotCheckedReason): boolean {
  return wantOfWorld[reason];
}
