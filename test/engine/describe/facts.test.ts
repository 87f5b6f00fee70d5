import { describe, expect, it } from 'vitest';
import {
  type DirectionFacts,
  describePolicy,
  type EgressFacts,
  type PolicyFacts,
} from '../../../src/engine/describe/describe.ts';
import type { DnsServer } from '../../../src/engine/model/cluster-facts.ts';
import type { Policy, Rule } from '../../../src/engine/model/policy.ts';
import { World } from '../../../src/engine/model/world.ts';
import { everyAddress } from '../../../src/engine/sets/addresses.ts';
import { readCidr } from '../../../src/engine/sets/cidr.ts';
import { everyLabels, labelIn } from '../../../src/engine/sets/labels.ts';
import { clusterFacts, kubeDns, labelled, named, policyOf, worldOf } from './policies.ts';

function facts(spec: unknown, namespace = 'shop'): PolicyFacts {
  return describePolicy(policyOf(spec, namespace), World.empty('none'), clusterFacts());
}

/** The facts that hold, in the order of the promise. */
function holding(facts: DirectionFacts | EgressFacts): string {
  return Object.entries(facts)
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .join(' ');
}

const ingress = (...rules: readonly unknown[]) =>
  holding(facts({ podSelector: labelled({ app: 'web' }), ingress: rules }).ingress);
const from = (...peers: readonly unknown[]) => ({ from: peers });
const block = (cidr: string, ...except: readonly string[]) => ({ ipBlock: { cidr, except } });
const port = (first: number, last = first) => ({ port: first, endPort: last });

const isolated = 'applies deniesUnlisted';
const nothing = 'applies allowsNothing deniesUnlisted';
const everyone =
  'applies allowsEveryone allowsEveryoneAnyPort allowsEveryAddress allowsEveryPod allowsAnyPort deniesUnlisted';
const everyAddressAnyPort =
  'applies allowsEveryone allowsEveryoneAnyPort allowsEveryAddress allowsAnyPort deniesUnlisted';
const everyAddressOnSome = 'applies allowsEveryone allowsEveryAddress deniesUnlisted';
const everyoneOnSome = 'applies allowsEveryone allowsEveryAddress allowsEveryPod deniesUnlisted';
const everyPodAnyPort = 'applies allowsEveryone allowsEveryoneAnyPort allowsEveryPod allowsAnyPort deniesUnlisted';
const everyPodOnSome = 'applies allowsEveryone allowsEveryPod deniesUnlisted';
const someAnyPort = 'applies allowsAnyPort deniesUnlisted';

const noSuchLabel = { matchExpressions: [{ key: 'nonsense', operator: 'DoesNotExist' }] };
const notThatValue = { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['nonsense'] }] };
const nameExists = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'Exists' }] };
const allButSystem = {
  matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] }],
};
const impossible = {
  matchExpressions: [
    { key: 'a', operator: 'In', values: ['x'] },
    { key: 'a', operator: 'DoesNotExist' },
  ],
};

describe('the facts of a direction', () => {
  it.each<[string, string, string]>([
    ['no rule', ingress(), nothing],
    ['the empty rule', ingress({}), everyone],
    ['no peers, one port', ingress({ ports: [port(80)] }), everyoneOnSome],
    ['no peers, every TCP port', ingress({ ports: [{}] }), everyone],
    ['no peers, every UDP port', ingress({ ports: [{ protocol: 'UDP' }] }), everyoneOnSome],
    ['no peers, ports 1 to 65535', ingress({ ports: [port(1, 65535)] }), everyone],
    ['no peers, ports 2 to 65535', ingress({ ports: [port(2, 65535)] }), everyoneOnSome],
    ['no peers, a named port', ingress({ ports: [{ port: 'http' }] }), everyoneOnSome],
    ['an empty list of peers', ingress({ from: [] }), everyone],
    ['all of IPv4', ingress(from(block('0.0.0.0/0'))), everyAddressAnyPort],
    ['all of IPv6', ingress(from(block('::/0'))), everyAddressAnyPort],
    ['IPv4 as IPv6 writes it', ingress(from(block('::ffff:0:0/96'))), everyAddressAnyPort],
    [
      'all of IPv4 on a named SCTP port',
      ingress({ ...from(block('0.0.0.0/0')), ports: [{ protocol: 'SCTP', port: 'sig' }] }),
      everyAddressOnSome,
    ],
    [
      'two halves on different ports',
      ingress(
        { ...from(block('0.0.0.0/1')), ports: [port(80)] },
        { ...from(block('128.0.0.0/1')), ports: [port(443)] },
      ),
      everyAddressOnSome,
    ],
    ['half of IPv4 and half of IPv6', ingress(from(block('0.0.0.0/1'), block('::/1'))), someAnyPort],
    ['IPv4 but one address', ingress(from(block('0.0.0.0/0', '10.0.0.1/32'))), someAnyPort],
    [
      'an except that another rule gives back',
      ingress(from(block('0.0.0.0/0', '10.0.0.0/8')), from(block('10.0.0.0/7'))),
      everyAddressAnyPort,
    ],
    ['a range', ingress({ ...from(block('10.0.0.0/8')), ports: [port(80)] }), isolated],
    ['every pod of every namespace', ingress(from({ namespaceSelector: {} })), everyPodAnyPort],
    ['the same with both selectors', ingress(from({ namespaceSelector: {}, podSelector: {} })), everyPodAnyPort],
    ['a label that no namespace has is absent', ingress(from({ namespaceSelector: noSuchLabel })), everyPodAnyPort],
    ['a value that no namespace has', ingress(from({ namespaceSelector: notThatValue })), everyPodAnyPort],
    ['the name exists', ingress(from({ namespaceSelector: nameExists })), everyPodAnyPort],
    [
      'every namespace but one',
      ingress({ ...from({ namespaceSelector: allButSystem }), ports: [port(80)] }),
      everyPodOnSome,
    ],
    [
      'every namespace by name, two of them',
      ingress({ ...from({ namespaceSelector: named('a', 'b') }), ports: [port(80)] }),
      isolated,
    ],
    [
      'pods without a label of every namespace',
      ingress({ ...from({ namespaceSelector: {}, podSelector: noSuchLabel }), ports: [port(80)] }),
      everyPodOnSome,
    ],
    [
      'labelled pods of every namespace',
      ingress({ ...from({ namespaceSelector: {}, podSelector: labelled({ app: 'a' }) }), ports: [port(80)] }),
      isolated,
    ],
    [
      'labelled namespaces',
      ingress({ ...from({ namespaceSelector: labelled({ team: 'a' }) }), ports: [port(80)] }),
      isolated,
    ],
    ['its own namespace', ingress({ ...from({ podSelector: {} }), ports: [port(80)] }), isolated],
    ['labelled pods on every port', ingress(from({ podSelector: labelled({ app: 'a' }) })), someAnyPort],
    ['a selector that nothing satisfies', ingress(from({ podSelector: impossible })), nothing],
    [
      'a selector that nothing satisfies, beside another',
      ingress({ ...from({ podSelector: impossible }, { podSelector: {} }), ports: [port(80)] }),
      isolated,
    ],
    ['a peer that cannot be read', ingress(from({}), from(block('10.0.0.0'))), nothing],
    ['a port that cannot be read', ingress({ ports: [{ port: 0 }] }), nothing],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('every port, put together from several rules', () => {
  it.each<[string, string, string]>([
    ['everyone, in two halves', ingress({ ports: [port(1, 1000)] }, { ports: [port(1001, 65535)] }), everyone],
    [
      'everyone, with a gap of one port',
      ingress({ ports: [port(1, 999)] }, { ports: [port(1001, 65535)] }),
      everyoneOnSome,
    ],
    [
      'IPv4 in halves, each with all ports from two rules',
      ingress(
        { ...from(block('0.0.0.0/1')), ports: [port(1, 80)] },
        { ...from(block('0.0.0.0/1')), ports: [port(81, 65535)] },
        from(block('128.0.0.0/1')),
      ),
      everyAddressAnyPort,
    ],
    [
      'IPv4 in halves, each with half of the ports',
      ingress(
        { ...from(block('0.0.0.0/1')), ports: [port(1, 80)] },
        { ...from(block('128.0.0.0/1')), ports: [port(81, 65535)] },
      ),
      everyAddressOnSome,
    ],
    [
      'ranges that share one address',
      ingress(
        { ...from(block('10.0.0.0/24')), ports: [port(1, 80)] },
        { ...from(block('10.0.0.255/32')), ports: [port(81, 65535)] },
      ),
      someAnyPort,
    ],
    [
      'ranges that share none',
      ingress(
        { ...from(block('10.0.0.0/24')), ports: [port(1, 80)] },
        { ...from(block('10.0.1.0/24')), ports: [port(81, 65535)] },
      ),
      isolated,
    ],
    [
      'selectors that one pod can satisfy',
      ingress(
        { ...from({ podSelector: labelled({ a: 'x' }) }), ports: [port(1, 80)] },
        { ...from({ podSelector: labelled({ b: 'y' }) }), ports: [port(81, 65535)] },
      ),
      someAnyPort,
    ],
    [
      'selectors that no pod satisfies together',
      ingress(
        { ...from({ podSelector: labelled({ a: 'x' }) }), ports: [port(1, 80)] },
        { ...from({ podSelector: labelled({ a: 'y' }) }), ports: [port(81, 65535)] },
      ),
      isolated,
    ],
    [
      'a selector and everyone',
      ingress({ ...from({ podSelector: labelled({ a: 'x' }) }), ports: [port(1, 80)] }, { ports: [port(81, 65535)] }),
      'applies allowsEveryone allowsEveryAddress allowsEveryPod allowsAnyPort deniesUnlisted',
    ],
    [
      'three selectors, pairwise compatible only',
      ingress(
        { ...from({ podSelector: labelled({ a: 'x', b: 'y' }) }), ports: [port(1, 80)] },
        { ...from({ podSelector: labelled({ b: 'y', c: 'z' }) }), ports: [port(81, 90)] },
        { ...from({ podSelector: labelled({ c: 'other' }) }), ports: [port(91, 65535)] },
      ),
      isolated,
    ],
    [
      'every namespace, in two halves',
      ingress(
        { ...from({ namespaceSelector: {} }), ports: [port(1, 80)] },
        { ...from({ namespaceSelector: noSuchLabel }), ports: [port(81, 65535)] },
      ),
      everyPodAnyPort,
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});

describe('a direction that does not apply', () => {
  it('allows nothing by itself and denies nothing', () => {
    const { egress } = facts({ podSelector: {}, policyTypes: ['Ingress'], egress: [{}] });
    expect(egress).toEqual({
      applies: false,
      allowsNothing: true,
      allowsEveryone: false,
      allowsEveryoneAnyPort: false,
      allowsEveryAddress: false,
      allowsEveryPod: false,
      allowsAnyPort: false,
      deniesUnlisted: false,
      blocksDNS: false,
    });
  });

  it.each<[string, unknown, boolean, boolean]>([
    ['no types, no rules', {}, true, false],
    ['no types, an empty list of egress rules', { egress: [] }, true, false],
    ['no types, an egress rule', { egress: [{}] }, true, true],
    ['Egress only', { policyTypes: ['Egress'], ingress: [{}] }, false, true],
    ['both', { policyTypes: ['Ingress', 'Egress'] }, true, true],
  ])('%s', (_, spec, ingressApplies, egressApplies) => {
    const { ingress, egress } = facts(spec);
    expect([ingress.applies, egress.applies]).toEqual([ingressApplies, egressApplies]);
  });

  it('a staged policy denies nothing', () => {
    const policy: Policy = { ...policyOf({ podSelector: {} }), enforced: false };
    const staged = describePolicy(policy, World.empty('none'), clusterFacts());
    expect([staged.enforced, staged.ingress.deniesUnlisted]).toEqual([false, false]);
  });
});

describe('the subject', () => {
  const everyPod = (podSelector: unknown, rules: readonly unknown[]) =>
    facts({ podSelector, ingress: rules }).subject.everyPod;

  it('is every pod only where every possible pod is covered, as a protection', () => {
    expect(everyPod({}, [])).toBe(true);
    expect(everyPod(null, [])).toBe(true);
    expect(everyPod(noSuchLabel, [])).toBe(false);
    expect(everyPod(labelled({ app: 'a' }), [])).toBe(false);
    expect(everyPod(impossible, [])).toBe(false);
  });

  it('is every pod where a pod without labels is governed, as an opening', () => {
    expect(everyPod({}, [{}])).toBe(true);
    expect(everyPod(noSuchLabel, [{}])).toBe(true);
    expect(everyPod(notThatValue, [{}])).toBe(true);
    expect(everyPod(labelled({ app: 'a' }), [{}])).toBe(false);
    expect(everyPod({ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, [{}])).toBe(false);
  });

  it('stays in its namespace and away from hosts', () => {
    expect(facts({ podSelector: {} }).subject).toEqual({ everyPod: true, everyNamespace: false, hosts: false });
  });

  it('can be every namespace, hosts too, in a cluster policy', () => {
    const policy = policyOf({ podSelector: {} });
    const cluster: Policy = { ...policy, subject: { ...policy.subject, endpoints: [everyLabels] } };
    const { subject } = describePolicy(cluster, World.empty('none'), clusterFacts());
    expect(subject).toEqual({ everyPod: true, everyNamespace: true, hosts: true });
    const web: Policy = { ...policy, subject: { ...policy.subject, endpoints: [labelIn('app', ['web'])] } };
    expect(describePolicy(web, World.empty('none'), clusterFacts()).subject).toEqual({
      everyPod: false,
      everyNamespace: true,
      hosts: true,
    });
  });
});

describe('rules that refuse before others allow', () => {
  type Acting = readonly [action: Rule['action'], rule: unknown];

  const acting = (...rules: readonly Acting[]): string => {
    const policy = policyOf({ podSelector: {}, ingress: rules.map(([, rule]) => rule) });
    const list = policy.ingress.rules.map((rule, i) => ({ ...rule, action: rules[i]?.[0] ?? 'allow' }));
    const refusing: Policy = { ...policy, ingress: { ...policy.ingress, rules: list } };
    return holding(describePolicy(refusing, World.empty('none'), clusterFacts()).ingress);
  };

  it.each<[string, readonly Acting[], string]>([
    [
      'a denial of everything',
      [
        ['deny', {}],
        ['allow', {}],
      ],
      nothing,
    ],
    [
      'a denial that comes too late',
      [
        ['allow', {}],
        ['deny', {}],
      ],
      everyone,
    ],
    [
      'a pass of everything',
      [
        ['pass', {}],
        ['allow', {}],
      ],
      // What is handed on may be let through by somebody else.
      'applies allowsNothing',
    ],
    [
      'a log of everything',
      [
        ['log', {}],
        ['allow', {}],
      ],
      everyone,
    ],
    [
      'a denial of one address',
      [
        ['deny', from(block('192.0.2.1/32'))],
        ['allow', from(block('0.0.0.0/0'))],
      ],
      someAnyPort,
    ],
    [
      'a denial of one port',
      [
        ['deny', { ports: [port(22)] }],
        ['allow', {}],
      ],
      everyoneOnSome,
    ],
    [
      'a denial of one namespace',
      [
        ['deny', from({ namespaceSelector: named('a') })],
        ['allow', from({ namespaceSelector: {} })],
      ],
      everyPodAnyPort,
    ],
    [
      'a denial of every other namespace',
      [
        ['deny', from({ namespaceSelector: allButSystem })],
        ['allow', from({ namespaceSelector: {} })],
      ],
      someAnyPort,
    ],
    [
      'a denial of every address',
      [
        ['deny', from(block('0.0.0.0/0'))],
        ['deny', from(block('::/0'))],
        ['allow', {}],
      ],
      nothing,
    ],
    [
      'denials that add up',
      [
        ['deny', { ports: [{}] }],
        ['deny', { ports: [{ protocol: 'UDP' }] }],
        ['allow', { ports: [{ protocol: 'UDP', port: 53 }, port(80)] }],
      ],
      nothing,
    ],
  ])('%s', (_, rules, expected) => expect(acting(...rules)).toBe(expected));

  it('a refusal of every address in both families is one of pods too', () => {
    const policy = policyOf({ podSelector: {}, ingress: [from(block('0.0.0.0/0')), {}] });
    const [first, second] = policy.ingress.rules;
    if (first === undefined || second === undefined) throw new Error('two rules were written');
    const everywhere: Rule = {
      ...first,
      action: 'deny',
      peers: first.peers.map((peer) => ({ ...peer, addresses: everyAddress })),
    };
    const refusing: Policy = { ...policy, ingress: { ...policy.ingress, rules: [everywhere, second] } };
    expect(holding(describePolicy(refusing, World.empty('none'), clusterFacts()).ingress)).toBe(nothing);
  });
});

describe('blocksDNS', () => {
  const udp53 = [{ protocol: 'UDP', port: 53 }];
  const blocks = (
    rules: readonly unknown[],
    world = World.empty('none'),
    dns: readonly DnsServer[] = [kubeDns],
    rest = {},
  ) =>
    describePolicy(
      policyOf({ podSelector: {}, policyTypes: ['Egress'], egress: rules }),
      world,
      clusterFacts({ dns, ...rest }),
    ).egress.blocksDNS;

  const addresses = (cidr: string): DnsServer => {
    const reading = readCidr(cidr);
    if (!reading.ok) throw new Error(cidr);
    return { addresses: reading.addresses };
  };

  const kubeSystem = (labels: Readonly<Record<string, string>>) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'kube-system', labels },
  });
  const dnsPod = (labels: Readonly<Record<string, string>>, portName = 'dns', number = 53) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'dns', namespace: 'kube-system', labels },
    spec: { containers: [{ name: 'dns', ports: [{ name: portName, containerPort: number, protocol: 'UDP' }] }] },
    status: { podIP: '10.244.0.10' },
  });

  it.each<[string, readonly unknown[], boolean]>([
    ['nothing at all', [], true],
    ['everything', [{}], false],
    ['everyone on UDP 53', [{ ports: udp53 }], false],
    ['everyone on TCP 53', [{ ports: [{ port: 53 }] }], true],
    ['everyone on UDP 54', [{ ports: [{ protocol: 'UDP', port: 54 }] }], true],
    ['everyone on a range of UDP around it', [{ ports: [{ protocol: 'UDP', port: 1, endPort: 1024 }] }], false],
    ['everyone on a named UDP port', [{ ports: [{ protocol: 'UDP', port: 'dns' }] }], false],
    ['everyone on a named TCP port', [{ ports: [{ port: 'dns' }] }], true],
    [
      'the DNS pods',
      [
        {
          to: [{ namespaceSelector: named('kube-system'), podSelector: labelled({ 'k8s-app': 'kube-dns' }) }],
          ports: udp53,
        },
      ],
      false,
    ],
    ['their namespace', [{ to: [{ namespaceSelector: named('kube-system') }], ports: udp53 }], false],
    [
      'their labels in any namespace',
      [{ to: [{ namespaceSelector: {}, podSelector: labelled({ 'k8s-app': 'kube-dns' }) }], ports: udp53 }],
      false,
    ],
    [
      'their labels in the own namespace',
      [{ to: [{ podSelector: labelled({ 'k8s-app': 'kube-dns' }) }], ports: udp53 }],
      true,
    ],
    [
      'other pods of their namespace',
      [
        {
          to: [{ namespaceSelector: named('kube-system'), podSelector: labelled({ 'k8s-app': 'other' }) }],
          ports: udp53,
        },
      ],
      true,
    ],
    [
      'pods there by another label',
      [{ to: [{ namespaceSelector: named('kube-system'), podSelector: labelled({ tier: 'node' }) }], ports: udp53 }],
      false,
    ],
    ['another namespace', [{ to: [{ namespaceSelector: named('monitoring') }], ports: udp53 }], true],
    [
      'namespaces by a label that theirs may have',
      [{ to: [{ namespaceSelector: labelled({ team: 'a' }) }], ports: udp53 }],
      false,
    ],
    ['an address range that could be theirs', [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: udp53 }], false],
    ['an address range on another port', [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 443 }] }], true],
  ])('%s', (_, rules, expected) => expect(blocks(rules)).toBe(expected));

  it('is a matter of egress only', () => {
    expect(facts({ podSelector: {}, policyTypes: ['Ingress'] }).egress.blocksDNS).toBe(false);
  });

  it('looks at the labels of the namespace where the World has it', () => {
    const rule = { to: [{ namespaceSelector: labelled({ team: 'a' }) }], ports: udp53 };
    expect(blocks([rule], worldOf(kubeSystem({})))).toBe(true);
    expect(blocks([rule], worldOf(kubeSystem({ team: 'a' })))).toBe(false);
  });

  it('looks at the pods where the World has them', () => {
    const byTier = { to: [{ namespaceSelector: {}, podSelector: labelled({ tier: 'node' }) }], ports: udp53 };
    expect(blocks([byTier], worldOf(dnsPod({ 'k8s-app': 'kube-dns' })))).toBe(true);
    expect(blocks([byTier], worldOf(dnsPod({ 'k8s-app': 'kube-dns', tier: 'node' })))).toBe(false);
    const byName = { ports: [{ protocol: 'UDP', port: 'dns' }] };
    expect(blocks([byName], worldOf(dnsPod({ 'k8s-app': 'kube-dns' })))).toBe(false);
    expect(blocks([byName], worldOf(dnsPod({ 'k8s-app': 'kube-dns' }, 'dns', 5353)))).toBe(true);
    const byAddress = (cidr: string) => ({ to: [{ ipBlock: { cidr } }], ports: udp53 });
    expect(blocks([byAddress('10.244.0.0/24')], worldOf(dnsPod({ 'k8s-app': 'kube-dns' })))).toBe(false);
    expect(blocks([byAddress('10.0.0.0/16')], worldOf(dnsPod({ 'k8s-app': 'kube-dns' })))).toBe(true);
  });

  it('takes addresses from the configuration', () => {
    const to = (cidr: string) => [{ to: [{ ipBlock: { cidr } }], ports: udp53 }];
    const local = [addresses('169.254.20.10/32')];
    expect(blocks(to('169.254.0.0/16'), undefined, local)).toBe(false);
    expect(blocks(to('10.0.0.0/8'), undefined, local)).toBe(true);
    expect(blocks([{ to: [{ namespaceSelector: {} }], ports: udp53 }], undefined, local)).toBe(true);
    const pods = readCidr('10.244.0.0/16');
    const podAddresses = pods.ok ? pods.addresses : everyAddress;
    expect(blocks(to('8.8.8.8/32'), undefined, [kubeDns], { podAddresses })).toBe(true);
    expect(blocks(to('10.0.0.0/8'), undefined, [kubeDns], { podAddresses })).toBe(false);
  });

  it('finds any way to UDP 53 where nobody says what the DNS is', () => {
    expect(blocks([{ to: [{ podSelector: labelled({ app: 'resolver' }) }], ports: udp53 }], undefined, [])).toBe(false);
    expect(blocks([{ to: [{ podSelector: {} }], ports: [{ port: 80 }] }], undefined, [])).toBe(true);
  });
});
