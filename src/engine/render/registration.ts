import type { Resource } from '../dialects/resource.ts';
import { resources } from '../dialects/resources.ts';
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
}

/**
 * The ValidatingWebhookConfiguration. What is asked, and what happens when nobody answers, differs:
 *
 * - policies: created and changed; whether they wait for an answer is the operator's choice;
 * - deletes: fail open, since a policy that cuts us off must always be removable;
 * - namespaces: fail open, and only where labels change, since those choose whom policies let in.
 */
export function webhookConfiguration(registration: Registration) {
  const { failurePolicy } = registration;
  const namespaced = resources.filter((one) => one.group === 'networking.k8s.io');
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'sekisho', labels: { 'app.kubernetes.io/name': 'sekisho' } },
    webhooks: [
      entry(registration, 'policies', failurePolicy, rules(namespaced, ['CREATE', 'UPDATE'])),
      entry(registration, 'deletes', 'Ignore', rules(namespaced, ['DELETE'])),
      {
        ...entry(registration, 'namespaces', 'Ignore', [
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

function rules(resources: readonly Resource[], operations: readonly string[]) {
  return resources.map(({ group, version, plural }) => ({
    apiGroups: [group],
    apiVersions: [version],
    operations,
    resources: [plural],
    scope: 'Namespaced',
  }));
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
