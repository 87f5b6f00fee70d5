import type { Resource } from '../dialects/resource.ts';
import { judgedResources } from '../dialects/resources.ts';
import type { FieldPath } from '../json/path.ts';
import { asString, dig, field, isAbsent, isObject } from '../json/read.ts';
import { splitApiVersion } from '../model/object.ts';

/** What keeps every API server from knowing an object that is plainly meant for Sekisho. */
export type NotServed =
  | { readonly fault: 'no-api-version'; readonly kind: string; readonly meant: readonly string[] }
  | {
      readonly fault: 'no-such-version';
      readonly kind: string;
      readonly apiVersion: string;
      readonly meant: readonly string[];
    }
  | { readonly fault: 'no-such-kind'; readonly kind: string; readonly apiVersion: string; readonly meant: string };

export interface NotServedAt {
  readonly path: FieldPath;
  readonly problem: NotServed;
}

/** The groups of which Kubernetes and Calico alone say what is in them. The kinds of all others are their owners' matter. */
const knownGroups: readonly string[] = [
  '',
  'apps',
  'extensions',
  'networking.k8s.io',
  'policy',
  'projectcalico.org',
  'crd.projectcalico.org',
];

/**
 * Whether an object names a kind that is judged, in a form that no API server takes: without an apiVersion, or in a version
 * or a group that does not have it. To pass it by as some other kind would be to pass by a policy. Undefined for whatever
 * else it is.
 */
export function notServed(object: unknown): NotServedAt | undefined {
  const kind = asString(field(object, 'kind'));
  if (kind === undefined || !isObject(field(object, 'metadata'))) return undefined;
  const exact = judgedResources.filter((one) => one.kind === kind);
  const known = exact.length > 0 ? exact : judgedResources.filter((one) => sameButCase(one.kind, kind));
  const written = field(object, 'apiVersion');
  const apiVersion = asString(written) ?? (isAbsent(written) ? '' : JSON.stringify(written));
  if (known.length === 0) return undefined;
  if (apiVersion === '') {
    return { path: ['kind'], problem: { fault: 'no-api-version', kind, meant: meantBy(object, known) } };
  }
  const { group, version } = splitApiVersion(apiVersion);
  if (!knownGroups.includes(group)) return undefined;
  const served = known.find((one) => one.group === group && one.version === version);
  if (served !== undefined) {
    if (served.kind === kind) return undefined;
    return { path: ['kind'], problem: { fault: 'no-such-kind', kind, apiVersion, meant: served.kind } };
  }
  // Whoever writes the core group and another kind, in whatever case, writes for some tool of old.
  if (group === '' && exact.length === 0) return undefined;
  const problem = { fault: 'no-such-version', kind, apiVersion, meant: meantBy(object, known) } as const;
  return { path: ['apiVersion'], problem };
}

function sameButCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The versions to write, of the user's API: only the fields tell a policy of Kubernetes from one of Calico. */
function meantBy(object: unknown, known: readonly Resource[]): readonly string[] {
  const versions = known
    .filter(({ group }) => group !== 'crd.projectcalico.org')
    .map(({ group, version }) => `${group}/${version}`);
  const isKubernetes = !isAbsent(dig(object, 'spec', 'podSelector'));
  const isCalico = ['selector', 'types', 'tier', 'order'].some((name) => !isAbsent(dig(object, 'spec', name)));
  if (isKubernetes === isCalico) return versions;
  const meant = versions.filter((version) => (version === 'networking.k8s.io/v1') === isKubernetes);
  return meant.length > 0 ? meant : versions;
}
