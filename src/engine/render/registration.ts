import { accountsOf } from '../dialects/calico/accounts.ts';
import { storageGroup } from '../dialects/calico/stored.ts';
import type { Resource } from '../dialects/resource.ts';
import { judgedResources } from '../dialects/resources.ts';
import { nameLabel } from '../model/attributes.ts';

export interface Registration {
  /** Where the API server finds us: a URL, or a Service in the cluster. */
  readonly client:
    | { readonly url: string }
    | { readonly service: { readonly namespace: string; readonly name: string } };
  /** PEM of the CA; without it the key is left out, for whoever injects it. */
  readonly ca: string | undefined;
  readonly failurePolicy: 'Ignore' | 'Fail';
  readonly excludedNamespaces: readonly string[];
  /** Where we run ourselves: a label of this namespace can bring a policy upon us. */
  readonly ownNamespace?: string;
}

/**
 * The ValidatingWebhookConfiguration. What is asked, and what happens when nobody answers, differs:
 *
 * - policies: namespaced ones and sets, created and changed; whether they wait for an answer is the operator's choice;
 * - cluster-policies: what is in no namespace fails open, since no selector exempts any of it, and closed it could seal
 *   the cluster;
 * - stored: Calico's objects in the form behind its API, which nobody else should write; fails open;
 * - deletes: fail open, since a policy that cuts us off must always be removable;
 * - namespaces: fail open, and only where labels change, since those choose whom policies let in.
 *
 * Each request meets one entry only: of several denials the API server would show any one. That a kind is not
 * installed does no harm.
 */
export function webhookConfiguration(registration: Registration) {
  const { failurePolicy } = registration;
  const served = judgedResources.filter(({ fromFilesOnly }) => fromFilesOnly !== true);
  const asked = served.filter(({ group }) => group !== storageGroup);
  const written = ['CREATE', 'UPDATE'];
  const namespaced = asked.filter((one) => one.namespaced);
  const clusterWide = asked.filter((one) => !one.namespaced);
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'sekisho', labels: { 'app.kubernetes.io/name': 'sekisho' } },
    webhooks: [
      entry(registration, 'policies', failurePolicy, rules(namespaced, written)),
      entry(registration, 'cluster-policies', 'Ignore', rules(clusterWide, written)),
      {
        ...entry(
          registration,
          'stored',
          'Ignore',
          rules(
            served.filter(({ group }) => group === storageGroup),
            written,
          ),
        ),
        matchConditions: [{ name: 'not-judged-before', expression: notBySecondHop }],
      },
      entry(registration, 'deletes', 'Ignore', rules(served, ['DELETE'])),
      {
        ...entry(withOwnNamespace(registration), 'namespaces', 'Ignore', [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['namespaces'], scope: 'Cluster' },
        ]),
        matchConditions: [{ name: 'labels-changed', expression: labelsChanged }],
      },
    ],
  };
}

/** An error in a condition would deny under failurePolicy Fail, so absent labels are asked for first. */
const labelsChanged =
  '(has(object.metadata.labels) ? object.metadata.labels : {}) != (has(oldObject.metadata.labels) ? oldObject.metadata.labels : {})';

/** Spares the call for what Calico's API server stores: it was judged under the name of the user who asked. */
const notBySecondHop = `!(request.userInfo.username in [${accountsOf('calico-apiserver')
  .map((user) => `'${user}'`)
  .join(', ')}])`;

function withOwnNamespace(registration: Registration): Registration {
  const others = registration.excludedNamespaces.filter((name) => name !== registration.ownNamespace);
  return { ...registration, excludedNamespaces: others };
}

/** Kinds of one group, version and scope go into one rule. */
function rules(resources: readonly Resource[], operations: readonly string[]) {
  const alike = Map.groupBy(resources, ({ group, version, namespaced }) => `${group}/${version}/${namespaced}`);
  return [...alike.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    return {
      apiGroups: [first.group],
      apiVersions: [first.version],
      operations,
      resources: members.map(({ plural }) => plural),
      scope: first.namespaced ? 'Namespaced' : 'Cluster',
    };
  });
}

function entry(
  registration: Registration,
  name: string,
  failurePolicy: 'Ignore' | 'Fail',
  rulesOf: readonly unknown[],
) {
  return {
    name: `${name}.sekisho.dev`,
    clientConfig: clientConfig(registration),
    rules: rulesOf,
    namespaceSelector: {
      matchExpressions: [{ key: nameLabel, operator: 'NotIn', values: registration.excludedNamespaces }],
    },
    failurePolicy,
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    // Two calls fit into the ten seconds that most clients give one request.
    timeoutSeconds: 5,
    admissionReviewVersions: ['v1'],
  };
}

function clientConfig({ client, ca }: Registration) {
  const caBundle = ca === undefined ? {} : { caBundle: ca };
  if ('url' in client) return { url: client.url, ...caBundle };
  return { service: { ...client.service, path: '/validate', port: 443 }, ...caBundle };
}
