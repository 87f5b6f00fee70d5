import fc from 'fast-check';
import { namespace, pod, policy } from './cluster.ts';

/** Objects of small random clusters in which nearly everything can meet everything. */

const labels = fc.record({ app: fc.constantFrom('a', 'b') }, { requiredKeys: [] });

const selector = fc.oneof(
  fc.constant({}),
  fc.constantFrom('a', 'b').map((app) => ({ matchLabels: { app } })),
  fc.constantFrom('NotIn', 'In').map((operator) => ({ matchExpressions: [{ key: 'app', operator, values: ['a'] }] })),
  fc.constantFrom('Exists', 'DoesNotExist').map((operator) => ({ matchExpressions: [{ key: 'app', operator }] })),
);

const namespaceSelector = fc.oneof(
  fc.constant({}),
  fc.constantFrom('one', 'two').map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
  fc.constant({ matchLabels: { team: 'red' } }),
);

const ipBlock = fc.constantFrom(
  { cidr: '10.0.0.0/8' },
  { cidr: '10.0.0.0/24' },
  { cidr: '10.0.0.0/9', except: ['10.0.0.0/24', '10.64.0.0/16'] },
  { cidr: '10.128.0.0/9' },
  { cidr: '0.0.0.0/0' },
  { cidr: '::/0', except: ['fd00::/8'] },
  { cidr: 'fd00::/64' },
);

const peer = fc.oneof(
  selector.map((podSelector) => ({ podSelector })),
  fc.tuple(selector, namespaceSelector).map(([podSelector, spaces]) => ({ podSelector, namespaceSelector: spaces })),
  namespaceSelector.map((spaces) => ({ namespaceSelector: spaces })),
  ipBlock.map((block) => ({ ipBlock: block })),
);

const port = fc.oneof(
  fc.constantFrom<object>(
    {},
    { protocol: 'UDP' },
    { port: 'http' },
    { port: 1, endPort: 3 },
    { protocol: 'SCTP', port: 2 },
  ),
  fc.integer({ min: 1, max: 5 }).map((number) => ({ port: number })),
);

const rules = (far: 'from' | 'to') =>
  fc.array(
    fc
      .tuple(fc.array(peer, { maxLength: 2 }), fc.array(port, { maxLength: 2 }))
      .map(([peers, ports]) => ({ [far]: peers, ports })),
    { maxLength: 2 },
  );

export const policies = fc
  .array(
    fc.record({
      space: fc.constantFrom('one', 'two'),
      podSelector: selector,
      policyTypes: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
      ingress: rules('from'),
      egress: rules('to'),
    }),
    { maxLength: 4 },
  )
  .map((list) => list.map(({ space, ...spec }, index) => policy(`${space}/p${index}`, spec)));

const parts = fc.record({
  labels,
  ips: fc.constantFrom<readonly string[]>([], ['10.0.0.1'], ['10.0.1.1', 'fd00::1'], ['192.0.2.1']),
  hostNetwork: fc.boolean(),
  ports: fc.constantFrom<readonly object[]>(
    [],
    [{ name: 'http', containerPort: 2 }],
    [{ name: 'http', containerPort: 4 }],
  ),
});

export const pods = fc
  .uniqueArray(fc.record({ id: fc.constantFrom('one/x', 'one/y', 'two/x', 'two/z'), parts }), {
    minLength: 1,
    selector: (one) => one.id,
  })
  .map((list) => list.map((one) => pod(one.id, one.parts)));

export const namespaces = fc.constantFrom<readonly object[]>([], [namespace('two', { team: 'red' })]);

export const profiles = fc.constantFrom('generic', 'calico', 'cilium', 'ovn', 'antrea');

export const clusters = fc.tuple(namespaces, pods, policies).map((lists): readonly object[] => lists.flat());
