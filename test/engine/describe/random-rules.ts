import fc from 'fast-check';
import type { WrittenPeer, WrittenRule, WrittenSelector } from './brute-force.ts';

export const nameKey = 'kubernetes.io/metadata.name';

/** Names that a policy may speak of, and one that none does: it stands for all the others. */
export const namespaceNames = ['shop', 'web', 'any-other'] as const;
export const labelKeys = ['a', 'b'] as const;
export const labelValues = ['x', 'y'] as const;

/** Ports at which generated rules begin or end, and all between: one of each run is enough to ask. */
export const portCuts = [1, 80, 81, 1000, 1001, 65535] as const;

const cidrs = [
  '0.0.0.0/0',
  '0.0.0.0/1',
  '128.0.0.0/1',
  '10.0.0.0/8',
  '10.128.0.0/9',
  '10.0.0.0/9',
  '192.0.2.1/32',
] as const;

const selector = (keys: fc.Arbitrary<string>, values: fc.Arbitrary<string>): fc.Arbitrary<WrittenSelector> => {
  const listed = fc.record({
    key: keys,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.uniqueArray(values, { minLength: 1, maxLength: 2 }),
  });
  const present = fc.record({ key: keys, operator: fc.constantFrom('Exists', 'DoesNotExist') });
  return fc.record({ matchExpressions: fc.array(fc.oneof(listed, present), { maxLength: 2 }) });
};

const ofPods = selector(fc.constantFrom(...labelKeys), fc.constantFrom(...labelValues));
const ofNamespaces = fc.oneof(
  selector(fc.constant(nameKey), fc.constantFrom('shop', 'web')),
  selector(fc.constantFrom(...labelKeys), fc.constantFrom(...labelValues)),
);

const block = fc.constantFrom(...cidrs).chain((cidr) => {
  const inner = ['10.1.0.0/16', '192.0.2.1/32'].filter(
    (one) => cidr.endsWith('/0') || (cidr.startsWith('10.0.0.0') && one.startsWith('10.')),
  );
  return fc.record({ ipBlock: fc.record({ cidr: fc.constant(cidr), except: fc.subarray(inner) }) });
});

const peer: fc.Arbitrary<WrittenPeer> = fc.oneof(
  block,
  fc.record({ podSelector: ofPods }),
  fc.record({ namespaceSelector: ofNamespaces }),
  fc.record({ podSelector: ofPods, namespaceSelector: ofNamespaces }),
);

const portRange = fc
  .tuple(fc.constantFrom('TCP', 'UDP'), fc.constantFrom(1, 81, 1001), fc.constantFrom(80, 1000, 65535))
  .filter(([, first, last]) => first <= last)
  .map(([protocol, port, endPort]) => ({ protocol, port, endPort }));

export const rule: fc.Arbitrary<WrittenRule> = fc.record(
  {
    from: fc.array(peer, { minLength: 1, maxLength: 3 }),
    ports: fc.array(fc.oneof(portRange, fc.constant({ protocol: 'TCP' }), fc.constant({ protocol: 'UDP' })), {
      maxLength: 2,
    }),
  },
  { requiredKeys: [] },
);

export const rules = fc.array(rule, { maxLength: 5 });
