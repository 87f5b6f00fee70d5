import { describe, expect, it } from 'vitest';
import { judgedResources } from '../../../src/engine/dialects/resources.ts';
import { asList, dig } from '../../../src/engine/json/read.ts';
import { webhookConfiguration } from '../../../src/engine/render/registration.ts';

const configuration = webhookConfiguration({
  client: { url: 'https://127.0.0.1:8443/validate' },
  ca: undefined,
  failurePolicy: 'Fail',
  excludedNamespaces: ['kube-system', 'sekisho-system'],
  ownNamespace: 'sekisho-system',
});

/** Every combination that some entry matches, as `GROUP/VERSION PLURAL OPERATION` with the entry and its scope. */
const matched = configuration.webhooks.flatMap((entry) =>
  (asList(entry.rules) ?? []).flatMap((rule) => {
    const list = (name: string) => (asList(dig(rule, name)) ?? []).map(String);
    return list('apiGroups').flatMap((group) =>
      list('apiVersions').flatMap((version) =>
        list('resources').flatMap((plural) =>
          list('operations').map((operation) => ({
            what: `${group}/${version} ${plural} ${operation}`,
            entry: entry.name.replace('.sekisho.dev', ''),
            failurePolicy: entry.failurePolicy,
            scope: dig(rule, 'scope'),
          })),
        ),
      ),
    );
  }),
);

const entryOf = (what: string) => matched.find((one) => one.what === what)?.entry;

describe('the registration', () => {
  it('asks about every judged kind but profiles, for every operation, once', () => {
    const wanted = judgedResources
      .filter(({ kind }) => kind !== 'Profile')
      .flatMap(({ group, version, plural }) =>
        ['CREATE', 'UPDATE', 'DELETE'].map((operation) => `${group}/${version} ${plural} ${operation}`),
      );
    expect(wanted.length).toBe(3 * (1 + 2 * 11));
    expect(matched.map(({ what }) => what).toSorted()).toEqual([...wanted, '/v1 namespaces UPDATE'].sort());
  });

  it('matches nothing by a star', () => {
    expect(JSON.stringify(configuration)).not.toContain('*');
  });

  it.each([
    ['networking.k8s.io/v1 networkpolicies CREATE', 'policies'],
    ['projectcalico.org/v3 networkpolicies UPDATE', 'policies'],
    ['projectcalico.org/v3 networksets CREATE', 'policies'],
    ['projectcalico.org/v3 globalnetworkpolicies CREATE', 'cluster-policies'],
    ['projectcalico.org/v3 felixconfigurations UPDATE', 'cluster-policies'],
    ['projectcalico.org/v3 felixconfigurations DELETE', 'deletes'],
    ['crd.projectcalico.org/v1 networkpolicies UPDATE', 'stored'],
    ['crd.projectcalico.org/v1 networkpolicies DELETE', 'deletes'],
  ])('%s goes to %s', (what, entry) => {
    expect(entryOf(what)).toBe(entry);
  });

  it('fails closed only for namespaced policies, and only where the operator wants it', () => {
    const closed = new Set(matched.filter(({ failurePolicy }) => failurePolicy === 'Fail').map(({ entry }) => entry));
    expect([...closed]).toEqual(['policies']);
    expect(matched.filter(({ entry }) => entry === 'policies').every(({ scope }) => scope === 'Namespaced')).toBe(true);
  });

  it('has no side effects, and asks for a verdict within half of the time that a client waits', () => {
    const fields = ['sideEffects', 'timeoutSeconds', 'matchPolicy', 'admissionReviewVersions'];
    for (const entry of configuration.webhooks)
      expect(fields.map((name) => dig(entry, name))).toEqual(['None', 5, 'Equivalent', ['v1']]);
  });

  it('has the scope of each kind', () => {
    for (const { group, version, plural, namespaced } of judgedResources.filter(({ kind }) => kind !== 'Profile')) {
      const one = matched.find(({ what }) => what === `${group}/${version} ${plural} DELETE`);
      expect(one?.scope, plural).toBe(namespaced ? 'Namespaced' : 'Cluster');
    }
  });

  it('spares the call for the second of two hops, and not for its deletions', () => {
    const conditions = configuration.webhooks.map((entry) => [
      entry.name,
      'matchConditions' in entry ? entry.matchConditions.map(({ expression }) => expression) : [],
    ]);
    expect(Object.fromEntries(conditions)).toMatchObject({
      'policies.sekisho.dev': [],
      'deletes.sekisho.dev': [],
      'stored.sekisho.dev': [
        "!(request.userInfo.username in ['system:serviceaccount:calico-apiserver:calico-apiserver', 'system:serviceaccount:calico-system:calico-apiserver'])",
      ],
    });
  });

  it('asks about labels of its own namespace, which can bring a policy upon it', () => {
    const excluded = configuration.webhooks.map((entry) => [
      entry.name,
      entry.namespaceSelector.matchExpressions.flatMap(({ values }) => values),
    ]);
    expect(Object.fromEntries(excluded)).toMatchObject({
      'policies.sekisho.dev': ['kube-system', 'sekisho-system'],
      'namespaces.sekisho.dev': ['kube-system'],
    });
  });
});
