/** A cluster of the size that Kubernetes calls large, made up from a few patterns that real ones show. */
export interface Size {
  readonly namespaces: number;
  readonly policiesEach: number;
  readonly podsEach: number;
  /** Pods that differ in their labels, in each namespace. */
  readonly classesEach: number;
}

export const large: Size = { namespaces: 10_000, policiesEach: 5, podsEach: 15, classesEach: 5 };

export function namespaceObject(n: number): object {
  return {
    metadata: {
      name: `ns-${n}`,
      labels: {
        'kubernetes.io/metadata.name': `ns-${n}`,
        team: `team-${n % 200}`,
        stage: n % 3 === 0 ? 'prod' : 'dev',
      },
    },
    status: { phase: 'Active' },
  };
}

export function podObject(n: number, p: number, { classesEach }: Size): object {
  const app = `app-${p % classesEach}`;
  return {
    metadata: {
      name: `${app}-${p}`,
      namespace: `ns-${n}`,
      labels: {
        app,
        tier: p % 2 === 0 ? 'web' : 'db',
        'pod-template-hash': `${(n * 7919 + (p % classesEach)) % 99991}`,
      },
    },
    spec: { containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { phase: 'Running', podIP: `10.${n % 250}.${p}.1` },
  };
}

/** The p-th policy of a namespace: isolate all, DNS, a label of the same namespace, a team, an address range. */
export function policyObject(n: number, p: number): object {
  const pod = { podSelector: { matchLabels: { app: `app-${p % 5}` } } };
  const specs: readonly object[] = [
    { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
    {
      ...pod,
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: `app-${(p + 1) % 5}` } } }], ports: [{ port: 8080 }] }],
    },
    {
      ...pod,
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { team: `team-${(n + 1) % 200}` } },
              podSelector: { matchLabels: { tier: 'web' } },
            },
          ],
          ports: [{ port: 'http' }],
        },
      ],
    },
    {
      ...pod,
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: `203.0.${n % 256}.0/24`, except: [`203.0.${n % 256}.128/25`] } }],
          ports: [{ port: 443 }],
        },
      ],
    },
  ];
  return {
    metadata: { name: `policy-${p}`, namespace: `ns-${n}`, resourceVersion: '1', managedFields: [] },
    spec: specs[p % specs.length],
  };
}
