/** One kind of object as the API server serves it. The core group is the empty string. */
export interface ClusterResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** Where the objects of all namespaces are: `/api/v1/pods`, `/apis/networking.k8s.io/v1/networkpolicies`. */
export function resourcePath({ group, version, plural }: ClusterResource): string {
  return group === '' ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`;
}

/** As roles and `kubectl auth can-i` name it: `pods`, `networkpolicies.networking.k8s.io`. */
export function resourceName({ group, plural }: ClusterResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}
