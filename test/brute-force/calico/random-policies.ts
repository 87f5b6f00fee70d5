import fc from 'fast-check';
import type { PolicySpec as KubernetesSpec, PeerObject, PortObject } from '../manifests.ts';
import type { CalicoPolicySpec, EntityRule, Rule, ServiceAccountMatch } from './manifests.ts';
import {
  accountSelector,
  networks4,
  networks6,
  peerSpaceSelector,
  perhaps,
  podSelector,
  portNames,
  portNumbers,
  rarely,
  scopeSelector,
  scopeSpaceSelector,
  space,
  spaces,
  written,
} from './universe.ts';

/** Random policies, and none that Calico's validation would refuse (facts §2). */

export interface PolicyTraits {
  readonly global: boolean;
  readonly sourcePorts: boolean;
  /** The names of Services that there may be, all of them in namespace `red`. */
  readonly services: readonly string[];
  readonly tiers: readonly string[];
}

type Family = 4 | 6 | undefined;
type Direction = 'ingress' | 'egress';

// Ports

const edge = fc.constantFrom(...portNumbers);
const number: fc.Arbitrary<number | string> = fc.oneof(
  edge,
  edge.map(String),
  fc.tuple(edge, edge).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`),
);
const port: fc.Arbitrary<number | string> = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 2, arbitrary: fc.constantFrom(...portNames) },
);
const ports = fc.array(port, { minLength: 1, maxLength: 3 });

// Ends

const accounts: fc.Arbitrary<ServiceAccountMatch> = fc.oneof(
  fc.subarray(['robot', 'default'], { minLength: 1 }).map((names) => ({ names })),
  accountSelector.map((selector) => ({ selector })),
  fc
    .tuple(fc.constantFrom('robot', 'default'), accountSelector)
    .map(([name, selector]) => ({ names: [name], selector })),
);

function networks(family: Family): fc.Arbitrary<EntityRule> {
  if (family === undefined) return fc.constant({});
  const list = family === 4 ? networks4 : networks6;
  const some = fc.subarray<string>([...list], { minLength: 1, maxLength: 3 });
  const whole = fc.constant([family === 4 ? '0.0.0.0/0' : '::/0']);
  return fc
    .record({
      nets: perhaps(fc.oneof({ weight: 6, arbitrary: some }, { weight: 1, arbitrary: whole })),
      notNets: perhaps(some),
    })
    .map((fields) => written<EntityRule>(fields));
}

const selectors: fc.Arbitrary<EntityRule> = fc.oneof(
  { weight: 4, arbitrary: podSelector.map((selector) => ({ selector })) },
  { weight: 1, arbitrary: podSelector.map((notSelector) => ({ notSelector })) },
  { weight: 2, arbitrary: peerSpaceSelector.map((namespaceSelector) => ({ namespaceSelector })) },
  { weight: 1, arbitrary: accounts.map((serviceAccounts) => ({ serviceAccounts })) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        selector: perhaps(podSelector, 2),
        notSelector: rarely(podSelector, 2),
        namespaceSelector: rarely(peerSpaceSelector, 1),
        serviceAccounts: rarely(accounts, 6),
      })
      .map((fields) => written<EntityRule>(fields)),
  },
);

const nothing: fc.Arbitrary<EntityRule> = fc.constant({});

/** @param near whether it is the end that the policy governs */
function entity(family: Family, traits: PolicyTraits, near: boolean): fc.Arbitrary<EntityRule> {
  return fc.oneof(
    { weight: near ? 50 : 8, arbitrary: nothing },
    { weight: 5, arbitrary: selectors },
    { weight: 4, arbitrary: networks(family) },
    { weight: 1, arbitrary: fc.tuple(selectors, networks(family)).map(([a, b]) => ({ ...a, ...b })) },
    ...(near
      ? []
      : traits.services.map((name) => ({
          weight: 1,
          arbitrary: fc.constant<EntityRule>({ services: { name, namespace: 'red' } }),
        }))),
  );
}

// Protocols

type ProtocolPart = Pick<Rule, 'ipVersion' | 'protocol' | 'notProtocol' | 'icmp' | 'notICMP'>;

function protocolPart(family: Family): fc.Arbitrary<ProtocolPart> {
  const [name, value] = family === 6 ? (['ICMPv6', 58] as const) : (['ICMP', 1] as const);
  const ipVersion = family ?? 4;
  const types = fc
    .record({ type: fc.constantFrom(0, 8, 128), code: perhaps(fc.constantFrom(0, 1), 1) })
    .map((one) => written<{ type: number }>(one));
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant<ProtocolPart>({}) },
    {
      weight: 7,
      arbitrary: fc.constantFrom<ProtocolPart>(
        { protocol: 'TCP' },
        { protocol: 'UDP' },
        { protocol: 6 },
        { protocol: 'SCTP' },
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<ProtocolPart>({ protocol: 47 }, { protocol: 'UDPLite' }, { protocol: name }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<ProtocolPart>(
        { notProtocol: 'TCP' },
        { notProtocol: 17 },
        { notProtocol: value, ipVersion },
      ),
    },
    { weight: 1, arbitrary: types.map((icmp): ProtocolPart => ({ protocol: name, ipVersion, icmp })) },
    { weight: 1, arbitrary: types.map((notICMP): ProtocolPart => ({ protocol: value, ipVersion, notICMP })) },
  );
}

/** Null where ports have no place. */
const own = ({ protocol, notProtocol }: ProtocolPart) => (notProtocol === undefined ? protocol : null);

function portsFor(protocol: Rule['protocol']): fc.Arbitrary<EntityRule> {
  if (protocol === undefined)
    return rarely(fc.constant(['admin']), 6).map((list) => written<EntityRule>({ ports: list }));
  if (!['TCP', 'UDP', 'SCTP', 6].includes(protocol ?? '')) return nothing;
  return fc
    .record({ ports: perhaps(ports, 1), notPorts: rarely(ports, 5) })
    .map((fields) => written<EntityRule>(fields));
}

// Rules

const action = fc.constantFrom<Rule['action']>('Allow', 'Allow', 'Allow', 'Deny', 'Deny', 'Pass', 'Log');

function rule(direction: Direction, traits: PolicyTraits): fc.Arbitrary<Rule> {
  return fc.constantFrom<Family>(undefined, 4, 4, 6).chain((family) =>
    protocolPart(family).chain((part) =>
      fc
        .record({
          action,
          http: rarely(fc.constant({ methods: ['GET'] }), 8),
          ipVersion: rarely(fc.constant(family), 3),
          source: entity(family, traits, direction === 'egress'),
          destination: entity(family, traits, direction === 'ingress'),
          sourcePorts: traits.sourcePorts
            ? fc.oneof({ weight: 4, arbitrary: nothing }, { weight: 1, arbitrary: portsFor(own(part)) })
            : nothing,
          destinationPorts: portsFor(own(part)),
        })
        .map((all): Rule => {
          const http =
            direction === 'ingress' &&
            all.action === 'Allow' &&
            ['TCP', 6, undefined].includes(part.protocol ?? undefined);
          // A service as a destination comes without ports.
          const numbers = all.destination.services === undefined ? all.destinationPorts : {};
          return written<Rule>({
            action: all.action,
            ipVersion: all.ipVersion,
            ...part,
            source: { ...all.source, ...all.sourcePorts },
            destination: { ...all.destination, ...numbers },
            http: http && part.notProtocol === undefined ? all.http : undefined,
          });
        }),
    ),
  );
}

// Policies

type Types = readonly ('Ingress' | 'Egress')[];

const order = fc.constantFrom(undefined, undefined, 1000, 1000, 1000, 999.5, 1001, -1, 1e9);

export function calicoSpec(traits: PolicyTraits): fc.Arbitrary<CalicoPolicySpec> {
  return fc
    .record({
      tier: perhaps(fc.constantFrom(...traits.tiers), 2),
      order,
      selector: rarely(scopeSelector, 1),
      namespaceSelector: traits.global ? rarely(scopeSpaceSelector, 2) : fc.constant(undefined),
      serviceAccountSelector: rarely(accountSelector, 8),
      types: perhaps(
        fc.constantFrom<Types>([], ['Ingress'], ['Egress'], ['Ingress', 'Egress'], ['Ingress', 'Egress']),
        1,
      ),
      ingress: perhaps(fc.array(rule('ingress', traits), { maxLength: 4 }), 4),
      egress: perhaps(fc.array(rule('egress', traits), { maxLength: 4 }), 3),
      applyOnForward: traits.global ? fc.constantFrom(undefined, undefined, false, true) : fc.constant(undefined),
    })
    .map((fields) => written<CalicoPolicySpec>(fields));
}

/** For the stages before the normal one, facts §2.1: with applyOnForward, and before DNAT without egress. */
export function staged(spec: CalicoPolicySpec, stage: 'normal' | 'doNotTrack' | 'preDNAT'): CalicoPolicySpec {
  if (stage === 'normal') return spec;
  if (stage === 'doNotTrack') return { ...spec, doNotTrack: true, applyOnForward: true };
  const { egress: _, types: __, ...rest } = spec;
  return { ...rest, preDNAT: true, applyOnForward: true };
}

// Kubernetes' own

const labelSelector = fc.oneof(
  fc.constant({}),
  fc.constantFrom('a', 'b').map((app) => ({ matchLabels: { app } })),
  fc.constantFrom('In', 'NotIn').map((operator) => ({ matchExpressions: [{ key: 'app', operator, values: ['a'] }] })),
  fc.constantFrom('Exists', 'DoesNotExist').map((operator) => ({ matchExpressions: [{ key: 'level', operator }] })),
);

const spaceSelector = fc.oneof(
  fc.constant({}),
  fc.constantFrom('t1', 't2').map((team) => ({ matchLabels: { team } })),
  space.map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
  fc.constant({ matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] }),
  fc.constant({
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [...spaces].slice(1) }],
  }),
);

const kubernetesPeer: fc.Arbitrary<PeerObject> = fc.oneof(
  labelSelector.map((one) => ({ podSelector: one })),
  spaceSelector.map((one) => ({ namespaceSelector: one })),
  fc.tuple(labelSelector, spaceSelector).map(([a, b]) => ({ podSelector: a, namespaceSelector: b })),
  fc.constantFrom(...networks4, ...networks6, '0.0.0.0/0', '::/0').map((cidr) => ({ ipBlock: { cidr } })),
  fc
    .subarray(['10.0.0.0/24', '10.0.1.7/32', '10.128.0.0/9'])
    .map((except) => ({ ipBlock: { cidr: '10.0.0.0/8', except } })),
);

const kubernetesPort: fc.Arbitrary<PortObject> = fc
  .record({
    protocol: perhaps(fc.constantFrom('TCP', 'UDP', 'SCTP'), 1),
    port: perhaps(fc.oneof(edge, edge, fc.constantFrom(...portNames)), 5),
    far: perhaps(fc.nat({ max: 400 }), 1),
  })
  .map(({ protocol, port: one, far }) =>
    written<PortObject>({
      protocol,
      port: one,
      endPort: typeof one === 'number' && far !== undefined ? Math.min(65535, one + far) : undefined,
    }),
  );

const kubernetesRules = (far: 'from' | 'to') =>
  fc.array(
    fc
      .record({
        [far]: fc.array(kubernetesPeer, { maxLength: 2 }),
        ports: perhaps(fc.array(kubernetesPort, { maxLength: 2 }), 1),
      })
      .map((fields) => written<object>(fields)),
    { maxLength: 2 },
  );

export const kubernetesSpec: fc.Arbitrary<KubernetesSpec> = fc
  .record({
    podSelector: labelSelector,
    policyTypes: perhaps(fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']), 2),
    ingress: perhaps(kubernetesRules('from'), 3),
    egress: perhaps(kubernetesRules('to'), 3),
  })
  .map((fields) => written<KubernetesSpec>(fields));
