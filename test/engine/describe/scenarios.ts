import { labelled, named } from './policies.ts';

/** Policies that people write, those the project was born from first. */
export const scenarios: readonly (readonly [name: string, spec: unknown, namespace?: string])[] = [
  ['001-03 default deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, 'default'],
  [
    '001-04 allow all',
    { podSelector: labelled({ tier: 'frontend' }), ingress: [{}], egress: [{}], policyTypes: ['Ingress', 'Egress'] },
    'default',
  ],
  [
    '001-05 mysql',
    {
      podSelector: labelled({ tier: 'mysql' }),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: labelled({ tier: 'frontend' }) }], ports: [{ port: 3306, protocol: 'TCP' }] }],
      egress: [],
    },
    'default',
  ],
  [
    '001-05b mysql, ingress only',
    {
      podSelector: labelled({ tier: 'mysql' }),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: labelled({ tier: 'frontend' }) }], ports: [{ port: 3306, protocol: 'TCP' }] }],
    },
    'default',
  ],
  [
    'slide 38, and',
    {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ namespaceSelector: labelled({ app: 'helidon' }), podSelector: labelled({ role: 'frontend' }) }] },
      ],
    },
    'default',
  ],
  [
    'slide 38, or',
    {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ namespaceSelector: labelled({ app: 'helidon' }) }, { podSelector: labelled({ role: 'frontend' }) }],
        },
      ],
    },
    'default',
  ],
  [
    'slide 39',
    {
      podSelector: labelled({ role: 'app' }),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ podSelector: labelled({ role: 'frontend' }) }], ports: [{ protocol: 'TCP', port: 80 }] },
        { from: [{ ipBlock: { cidr: '172.31.2.1/32' } }], ports: [{ protocol: 'TCP', port: 8080 }] },
      ],
      egress: [
        {
          to: [{ namespaceSelector: labelled({ project: 'test-app' }) }, { ipBlock: { cidr: '10.2.3.1/32' } }],
          ports: [{ protocol: 'TCP', port: 8080 }],
        },
      ],
    },
    'namespace-a',
  ],
  [
    'use case 1, frontend',
    { podSelector: labelled({ role: 'frontend' }), policyTypes: ['Ingress'], ingress: [{}] },
    'default',
  ],
  [
    'use case 1, cache',
    {
      podSelector: labelled({ role: 'cache' }),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: labelled({ role: 'frontend' }) }] }],
    },
    'default',
  ],
  [
    'use case 2',
    {
      podSelector: labelled({ role: 'monitoring' }),
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            {
              namespaceSelector: labelled({ 'kubernetes.io/metadata.name': 'namespace-a' }),
              podSelector: labelled({ role: 'frontend' }),
            },
          ],
          ports: [{ protocol: 'TCP', port: 5000 }],
        },
      ],
    },
    'namespace-b',
  ],
  [
    '000-01 skeleton',
    {
      podSelector: '適用するPod',
      policyTypes: ['Ingress "拒否する"', 'Egress "拒否する"'],
      ingress: '許可',
      egress: '許可',
    },
    'default',
  ],
  [
    '000-02 by namespace label',
    {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: labelled({ 'test-label': 'default' }) }] }],
    },
    'default',
  ],
  [
    '004-01 by namespace name',
    {
      podSelector: labelled({ app: 'nginx-c' }),
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ namespaceSelector: named('test-a') }] }],
    },
    'test-c',
  ],
  [
    '004-02 both directions',
    {
      podSelector: labelled({ app: 'nginx' }),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { from: [{ ipBlock: { cidr: '10.1.0.0/16' } }], ports: [{ protocol: 'TCP', port: 8080 }] },
        { from: [{ podSelector: labelled({ app: 'frontend-app' }) }], ports: [{ protocol: 'TCP', port: 8080 }] },
      ],
      egress: [
        { to: [{ namespaceSelector: labelled({ project: 'backend-app' }) }], ports: [{ protocol: 'TCP', port: 80 }] },
      ],
    },
    'test-c',
  ],
  [
    'the promised example',
    {
      podSelector: labelled({ app: 'web' }),
      ingress: [
        {
          from: [{ podSelector: labelled({ app: 'front' }) }, { ipBlock: { cidr: '10.0.0.0/8' } }],
          ports: [{ port: 80 }],
        },
      ],
    },
  ],
  ['default deny of ingress', { podSelector: {} }],
  ['default deny of egress', { podSelector: {}, policyTypes: ['Egress'] }],
  ['rules that are switched off', { podSelector: labelled({ app: 'web' }), policyTypes: ['Ingress'], egress: [{}] }],
  ['both switched off', { podSelector: labelled({ app: 'web' }), policyTypes: ['ingress'], ingress: [{}] }],
  [
    'excepts, ranges, names, protocols',
    {
      podSelector: labelled({ app: 'web' }),
      ingress: [
        {
          from: [
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.2.3.0/24'] } },
            { ipBlock: { cidr: '192.168.0.0/16' } },
          ],
          ports: [{ port: 8000, endPort: 8010 }, { port: 'http' }, { protocol: 'UDP', port: 53 }],
        },
      ],
    },
  ],
  [
    'many namespaces',
    {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: Array.from({ length: 17 }, (_, i) => ({ namespaceSelector: named(`team-${i}`) })),
          ports: [{ port: 443 }],
        },
      ],
    },
  ],
  [
    'many rules',
    {
      podSelector: labelled({ app: 'web' }),
      ingress: Array.from({ length: 9 }, (_, i) => ({
        from: [{ podSelector: labelled({ client: `c${i}` }) }],
        ports: [{ port: 8000 + 10 * i }],
      })),
    },
  ],
  [
    'many ports',
    {
      podSelector: labelled({ app: 'web' }),
      ingress: [{ from: [{ podSelector: {} }], ports: Array.from({ length: 12 }, (_, i) => ({ port: 1000 + 2 * i })) }],
    },
  ],
  [
    'two halves of the internet',
    {
      podSelector: labelled({ app: 'web' }),
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/1' } }, { ipBlock: { cidr: '128.0.0.0/1' } }], ports: [{}] }],
    },
  ],
  [
    'IPv6',
    {
      podSelector: labelled({ app: 'web' }),
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: '::/0' } }, { ipBlock: { cidr: '2001:db8::1/128' } }],
          ports: [{ protocol: 'UDP', port: 53 }, { port: 53 }],
        },
      ],
    },
  ],
  [
    'any namespace but one',
    {
      podSelector: labelled({ app: 'web' }),
      ingress: [
        {
          from: [
            {
              namespaceSelector: {
                matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] }],
              },
              podSelector: labelled({ role: 'probe' }),
            },
          ],
        },
      ],
    },
  ],
  [
    'presence and absence of labels',
    {
      podSelector: {
        matchExpressions: [
          { key: 'app', operator: 'In', values: ['a', 'b'] },
          { key: 'team', operator: 'Exists' },
          { key: 'old', operator: 'DoesNotExist' },
        ],
      },
      ingress: [
        { from: [{ namespaceSelector: { matchExpressions: [{ key: 'env', operator: 'NotIn', values: ['prod'] }] } }] },
      ],
    },
  ],
  [
    'a selector that nothing satisfies',
    {
      podSelector: {
        matchExpressions: [
          { key: 'app', operator: 'In', values: ['a'] },
          { key: 'app', operator: 'DoesNotExist' },
        ],
      },
      ingress: [{}],
    },
  ],
  [
    'a peer that nothing satisfies',
    {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [
            {
              podSelector: {
                matchExpressions: [
                  { key: 'app', operator: 'In', values: ['a'] },
                  { key: 'app', operator: 'DoesNotExist' },
                ],
              },
            },
          ],
        },
      ],
      egress: [
        {
          to: [{ namespaceSelector: named('kube-system'), podSelector: labelled({ 'k8s-app': 'kube-dns' }) }],
          ports: [{ protocol: 'UDP', port: 53 }, { port: 53 }],
        },
      ],
    },
  ],
  [
    'what cannot be read',
    {
      podSelector: {},
      ingres: [],
      ingress: [{ from: [{ ipBlock: { cidr: '010.0.0.0/8' } }], ports: [{ port: 99999 }] }],
    },
  ],
];
